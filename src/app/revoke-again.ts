import { revokeCertificate } from '../certificates/revocation/revoke-certificate.ts'
import type { LostRevocationOutcome } from '../contract/lost-revocation.ts'
import { createCredentialSecretStore } from '../credentials/credential-secret-store.ts'
import { createCredentialStore } from '../credentials/credential-store.ts'
import { noPlan } from '../migration-plans/migration-plan.ts'
import { createOrganizationChangeStore } from '../organizations/organization-change-store.ts'
import type { RevocationReason } from '../pki/status/revocation-reason.ts'
import { revocationReasonDetails } from '../pki/status/revocation-reason.ts'
import { systemActor } from '../shapes/actor.ts'
import type { Database } from '../storage/database.ts'
import type { StoredLostRevocation } from '../telemetry/lost-revocation-store.ts'
import type { Dependencies } from './portal-dependencies.ts'

type RevokeAgainDependencies = Pick<
  Dependencies,
  'certificates' | 'issue' | 'enforcing' | 'migrating' | 'authorities' | 'clock' | 'publisher'
> & {
  onFailure: Dependencies['onFailure']
}

const actor = systemActor('store')
const stopReason = 'The store was set back to an older state.'

/**
 * Returns a function that revokes or deletes again what gateways know to be revoked or deleted. A gateway is
 * exposed to the public, so its reports can only revoke or delete, and only objects from before the reported
 * store epoch.
 */
export function createRevokeAgain(dependencies: RevokeAgainDependencies, database: Database) {
  const credentials = createCredentialStore(database)
  const secrets = createCredentialSecretStore(database)
  const organizations = createOrganizationChangeStore(database)
  const { clock } = dependencies

  const ends: Partial<
    Record<
      StoredLostRevocation['kind'],
      (ending: StoredLostRevocation, owner: string) => Promise<LostRevocationOutcome>
    >
  > = {
    certificate_revoked: (ending, owner) => revokeAgain(dependencies, ending, owner),
    async credential_deleted({ subjectId, epochBeganAt }, owner) {
      const { createdAt } = await credentials.get(owner, subjectId)
      if (Date.parse(createdAt) > epochBeganAt) return 'refused'
      await credentials.delete(owner, subjectId, { actor, now: clock.now() })
      return 'restored'
    },
    async secret_ended({ subjectId, detail, epochBeganAt }, owner) {
      const which = { organizationId: owner, credentialId: String(detail.credentialId) }
      const before = { createdBefore: epochBeganAt, endsAt: Number(detail.endsAt) }
      return (await secrets.endAgain(which, subjectId, before, { actor, now: clock.now() }))
        ? 'restored'
        : 'absent'
    },
    async key_ended({ detail }, owner) {
      const id = String(detail.credentialId)
      const { jwks } = await credentials.get(owner, id)
      const keys = jwks?.keys.filter(({ kid }) => kid !== detail.kid)
      if (keys === undefined || keys.length === jwks?.keys.length) return 'absent'
      await credentials.update(owner, id, { jwks: { keys } }, { actor, now: clock.now() })
      return 'restored'
    },
    async organization_stopped({ detail }, owner) {
      const status = detail.status === 'closed' ? 'closed' : 'suspended'
      await organizations.changeStatus(owner, status, stopReason, { actor, now: clock.now() })
      return 'restored'
    },
    migration_limited: (ending, owner) => limitMigrationAgain(dependencies, ending, owner),
    plan_enforced: ({ environment }, owner) => enforceAgain(dependencies, owner, environment ?? ''),
  }
  return async (ending: StoredLostRevocation): Promise<LostRevocationOutcome> => {
    if (ending.kind === 'issuer_retired') {
      await dependencies.authorities.retirements.set(ending.subjectId, Number(ending.detail.retiresAt), [], {
        actor,
        now: clock.now(),
      })
      return 'restored'
    }
    const end = ends[ending.kind]
    return end === undefined || ending.organizationId === null ? 'told' : end(ending, ending.organizationId)
  }
}

async function revokeAgain(
  { certificates, issue, clock, publisher, onFailure }: RevokeAgainDependencies,
  { subjectId, organizationSlug, detail, epochBeganAt }: StoredLostRevocation,
  owner: string,
): Promise<LostRevocationOutcome> {
  const certificate = await certificates.get(owner, subjectId)
  const present = certificate.issued ?? certificate.external
  const isTheOne = present?.fingerprintSha256 === detail.fingerprint
  if (!isTheOne || (certificate.issued?.issuedAt ?? 0) > epochBeganAt) return 'refused'
  const reason = String(detail.reason)
  const crl = { publish: publisher.publishRevocation, onFailure }
  await revokeCertificate(
    { certificates, letters: issue.letters, environments: issue.environments, clock, crl },
    actor,
    { organization: { id: owner, slug: organizationSlug ?? '' }, certificateId: subjectId },
    {
      reason: (reason in revocationReasonDetails ? reason : 'unspecified') as RevocationReason,
      name: certificate.name,
    },
  )
  return 'restored'
}

async function enforceAgain(
  { enforcing: { plans }, clock }: RevokeAgainDependencies,
  organizationId: string,
  environment: string,
): Promise<LostRevocationOutcome> {
  const now = clock.now()
  return plans.change({ organizationId, environment }, now, async ({ plan, save }) => {
    if (plan?.mode === 'enforce') return 'absent'
    const next = { mode: 'enforce', since: now, enforceAt: null, postponedSince: null } as const
    await save(next, { actor, action: 'enforcement.decided' }, [])
    return 'restored'
  })
}

/** Ends certificates from other CAs, or an exception for them, again at the time at which gateways know them to end. */
async function limitMigrationAgain(
  { migrating: { plans }, clock }: RevokeAgainDependencies,
  { environment, detail }: StoredLostRevocation,
  organizationId: string,
): Promise<LostRevocationOutcome> {
  const now = clock.now()
  const place = { organizationId, environment: environment ?? '' }
  return plans.change(place, now, async ({ plan = noPlan, save }) => {
    const earlier = (one: number | null, other: number | null) =>
      one === null || other === null ? (one ?? other) : Math.min(one, other)
    const endsAt = earlier(plan.endsAt, toMoment(detail.endsAt))
    const known = toMoment(detail.exceptionUntil)
    const exceptionUntil =
      plan.exceptionUntil === null || known === null ? null : Math.min(plan.exceptionUntil, known)
    if (endsAt === plan.endsAt && exceptionUntil === plan.exceptionUntil) return 'absent'
    const deadline = plan.deadline ?? endsAt
    await save({ ...plan, deadline, endsAt, exceptionUntil }, { actor, action: 'migration.decided' }, [])
    return 'restored'
  })
}

const toMoment = (value: string | number | null | undefined): number | null =>
  value == null ? null : Number(value)
