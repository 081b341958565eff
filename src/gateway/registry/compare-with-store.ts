import { type EnforcementMode, planSubject, readPlanSubject } from '../../contract/enforcement-plan.ts'
import type { LostEnding } from '../../contract/lost-ending.ts'
import { keyNameOf, type SeenEndings, secretNameOf } from './held-endings.ts'
import type { RegisteredClient, RegisteredIssuer } from './registered-parties.ts'

/** The entries of a registry other than certificates. */
export interface Holdings {
  clients: readonly RegisteredClient[]
  plans: readonly { organizationId: string; environment: string; plan: { mode: EnforcementMode } }[]
  issuers: readonly RegisteredIssuer[]
}

/**
 * Finds what `known` has as ended but is active in a store that was restored to an older state; and which
 * credentials that store lacks, or has with wider limits.
 */
export function compareWithStore(known: Holdings, stored: Holdings, seen: SeenEndings): LostEnding[] {
  const byId = new Map(known.clients.map((client) => [client.credentialId, client]))
  const storedIds = new Set(stored.clients.map(({ credentialId }) => credentialId))
  return [
    ...stored.clients.flatMap((client) => compareClient(byId.get(client.credentialId), client, seen)),
    ...known.clients
      .filter(({ credentialId }) => !storedIds.has(credentialId))
      .map((client) => ending('credential_unknown', client, client.credentialId)),
    ...comparePlans(known, stored),
    ...compareIssuers(known, stored),
  ]
}

const ending = (
  kind: LostEnding['kind'],
  { organizationId, environment, name }: Pick<RegisteredClient, 'organizationId' | 'environment' | 'name'>,
  subjectId: string,
  detail: LostEnding['detail'] = {},
): LostEnding => ({ kind, subjectId, organizationId, environment, name, detail })

function compareClient(
  known: RegisteredClient | undefined,
  stored: RegisteredClient,
  seen: SeenEndings,
): LostEnding[] {
  const { credentialId } = stored
  if (seen.has(stored, credentialId)) return [ending('credential_deleted', stored, credentialId)]
  const found: LostEnding[] = []
  for (const secret of stored.secrets) {
    const name = secretNameOf(secret)
    const earlier = known?.secrets.find((other) => secretNameOf(other) === name)?.expiresAt ?? null
    const isShortened = earlier !== null && earlier < (secret.expiresAt ?? Number.POSITIVE_INFINITY)
    const endsAt = seen.has(stored, name) ? 0 : isShortened ? earlier : undefined
    if (endsAt !== undefined) found.push(ending('secret_ended', stored, name, { credentialId, endsAt }))
  }
  for (const key of stored.keys) {
    const name = keyNameOf(credentialId, key)
    if (seen.has(stored, name)) found.push(ending('key_ended', stored, name, { credentialId, kid: key.id }))
  }
  if (known !== undefined && limitsOf(known) !== limitsOf(stored))
    found.push(ending('credential_limited', stored, credentialId))
  return found
}

/** Formats the limits of credentials as one text. */
export const limitsOf = ({ scopes, networks, certificateIds }: RegisteredClient): string =>
  JSON.stringify([scopes, networks?.rules ?? null, certificateIds && [...certificateIds]])

function comparePlans(known: Holdings, stored: Holdings): LostEnding[] {
  const enforcedIn = ({ plans }: Holdings) =>
    plans
      .filter(({ plan }) => plan.mode === 'enforce')
      .map(({ organizationId, environment }) => planSubject(organizationId, environment))
  const still = new Set(enforcedIn(stored))
  return enforcedIn(known)
    .filter((subject) => !still.has(subject))
    .map((subject) => ending('plan_enforced', { ...readPlanSubject(subject), name: subject }, subject))
}

function compareIssuers(known: Holdings, stored: Holdings): LostEnding[] {
  const byId = new Map(known.issuers.map((issuer) => [issuer.id, issuer]))
  return stored.issuers.flatMap(({ id, environment, retiresAt }) => {
    const earlier = byId.get(id)?.retiresAt ?? null
    if (earlier === null || earlier >= (retiresAt ?? Number.POSITIVE_INFINITY)) return []
    const detail = { retiresAt: earlier }
    return [{ kind: 'issuer_retired', subjectId: id, organizationId: null, environment, name: id, detail }]
  })
}
