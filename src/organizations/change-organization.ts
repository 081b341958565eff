import type { Clock } from '../clock.ts'
import type { OrganizationLimits } from '../contract/organization.ts'
import { PosternError } from '../errors.ts'
import type { Actor } from '../shapes/actor.ts'
import type { OrganizationChangeStore } from './organization-change-store.ts'

interface ChangeDependencies {
  changes: Pick<OrganizationChangeStore, 'changeStatus' | 'setLimits'>
  clock: Clock
}

/**
 * Stops everything of an organization permanently. The user types its slug as a confirmation. Throws
 * `name_does_not_match` or `organization_wrong_state`.
 */
export async function closeOrganization(
  { changes, clock }: ChangeDependencies,
  actor: Actor,
  { id, slug }: { id: string; slug: string },
  given: { slug: string; reason: string },
): Promise<void> {
  if (given.slug.trim() !== slug)
    throw new PosternError(
      'name_does_not_match',
      'The slug that was typed is not the slug of this organization. Nothing was closed.',
    )
  await changes.changeStatus(id, 'closed', given.reason || null, { actor, now: clock.now() })
}

/** Replaces the limits of an organization. Throws `bad_request` for an unknown environment, or one that is named twice. */
export async function setLimits(
  { changes, clock, environments }: ChangeDependencies & { environments: ReadonlyMap<string, unknown> },
  actor: Actor,
  id: string,
  limits: OrganizationLimits,
): Promise<void> {
  const names = limits.environments.map(({ environment }) => environment)
  if (names.some((name) => !environments.has(name)))
    throw new PosternError('bad_request', 'One of the environments does not exist. Check their names.')
  if (new Set(names).size < names.length)
    throw new PosternError('bad_request', 'An environment is there twice. Give the limits of each once.')
  const set = limits.environments.filter(
    ({ maxCertificates, certificatesPerHour }) => maxCertificates !== null || certificatesPerHour !== null,
  )
  await changes.setLimits(id, { ...limits, environments: set }, { actor, now: clock.now() })
}
