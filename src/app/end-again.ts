import { revokeCertificate } from '../certificates/revocation/revoke-certificate.ts'
import type { EndingOutcome } from '../contract/lost-ending.ts'
import { createCredentialSecretStore } from '../credentials/credential-secret-store.ts'
import { createCredentialStore } from '../credentials/credential-store.ts'
import type { RevocationReason } from '../pki/status/revocation-reason.ts'
import { revocationReasonFacts } from '../pki/status/revocation-reason.ts'
import { systemActor } from '../shapes/actor.ts'
import type { Database } from '../storage/database.ts'
import type { KeptEnding } from '../telemetry/lost-ending-store.ts'
import type { Parts } from './portal-parts.ts'

type EndParts = Pick<
  Parts,
  'certificates' | 'issue' | 'enforcing' | 'authorities' | 'clock' | 'publisher'
> & {
  onFailure: Parts['onFailure']
}

const actor = systemActor('store')

/**
 * Returns a function that revokes or deletes again what gateways know to be revoked or deleted. A gateway is
 * exposed to the public, so its reports can only revoke or delete, and only objects from before the reported
 * store epoch.
 */
export function createEndAgain(parts: EndParts, database: Database) {
  const credentials = createCredentialStore(database)
  const secrets = createCredentialSecretStore(database)
  const { clock } = parts

  const ends: Partial<
    Record<KeptEnding['kind'], (ending: KeptEnding, owner: string) => Promise<EndingOutcome>>
  > = {
    certificate_revoked: (ending, owner) => revokeAgain(parts, ending, owner),
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
    plan_enforced: ({ environment }, owner) => enforceAgain(parts, owner, environment ?? ''),
  }
  return async (ending: KeptEnding): Promise<EndingOutcome> => {
    if (ending.kind === 'issuer_retired') {
      await parts.authorities.retirements.set(ending.subjectId, Number(ending.detail.retiresAt), [], {
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
  { certificates, issue, clock, publisher, onFailure }: EndParts,
  { subjectId, organizationSlug, detail, epochBeganAt }: KeptEnding,
  owner: string,
): Promise<EndingOutcome> {
  const certificate = await certificates.get(owner, subjectId)
  const present = certificate.issued ?? certificate.foreign
  const isTheOne = present?.fingerprintSha256 === detail.fingerprint
  if (!isTheOne || (certificate.issued?.issuedAt ?? 0) > epochBeganAt) return 'refused'
  const reason = String(detail.reason)
  const crl = { publish: publisher.publishRevocation, onFailure }
  await revokeCertificate(
    { certificates, letters: issue.letters, environments: issue.environments, clock, crl },
    actor,
    { organization: { id: owner, slug: organizationSlug ?? '' }, certificateId: subjectId },
    {
      reason: (reason in revocationReasonFacts ? reason : 'unspecified') as RevocationReason,
      name: certificate.name,
    },
  )
  return 'restored'
}

async function enforceAgain(
  { enforcing: { plans }, clock }: EndParts,
  organizationId: string,
  environment: string,
): Promise<EndingOutcome> {
  const now = clock.now()
  return plans.change({ organizationId, environment }, now, async ({ plan, save }) => {
    if (plan?.mode === 'enforce') return 'absent'
    const next = { mode: 'enforce', since: now, enforceAt: null, heldSince: null } as const
    await save(next, { actor, action: 'enforcement.decided' }, [])
    return 'restored'
  })
}
