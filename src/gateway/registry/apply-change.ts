import { type Clock, createExpiringClock } from '../../clock.ts'
import type { OpenRegistrationStore } from './open-registration-store.ts'
import type { OpenRegistrations } from './open-registrations.ts'
import { findStop } from './organization-status.ts'
import type { Registry } from './registry.ts'
import type { RegistryStore } from './registry-store.ts'

/** Where changes are put in force. */
interface ApplyDependencies {
  registry: Registry
  connections: {
    cut(fingerprint: string): number
    cutPresented(isMeant: (presented: { fingerprint: string }) => boolean): number
  }
  tokens: { forget(thumbprint: string): void }
  clock: Clock
}

/** Reloads what a change concerns and applies it; a revocation or a suspension closes open connections. */
export function createChangeApplier({
  store,
  dependencies: { registry, connections, tokens, clock },
  registrations,
  findRegistration,
  loadSigningKeys,
  onIssuers,
  onRevocationApplied: onEnforced,
}: {
  store: Pick<
    RegistryStore,
    | 'findCertificate'
    | 'findOrganization'
    | 'findClient'
    | 'findRevokedToken'
    | 'findPolicy'
    | 'findMigration'
    | 'findExternalStatus'
    | 'findExternalCheck'
    | 'listIssuers'
  >
  dependencies: ApplyDependencies
  registrations: Pick<OpenRegistrations, 'set' | 'remove' | 'forgetOver'>
  findRegistration: OpenRegistrationStore['find']
  loadSigningKeys(): Promise<void>
  /** Called after the issuers have changed. */
  onIssuers(): void
  /** Called after a revocation is applied, with the number of open connections of the certificate. */
  onRevocationApplied(certificateId: string, connections: number): void
}) {
  const forgetting = createExpiringClock(clock)
  const reads: Record<string, (id: string) => Promise<void>> = {
    async certificate(id) {
      const found = await store.findCertificate(id)
      if (found === undefined) {
        registry.setExternalStatus(id, undefined)
        return
      }
      registry.setOrganization(found.organization)
      registry.setCertificate(found.certificate)
      if (!found.certificate.revoked) return
      // Without its replacement, the end of the one before it concerns its clients again.
      const before = found.replacesId === null ? undefined : await store.findCertificate(found.replacesId)
      if (before !== undefined) registry.setCertificate(before.certificate)
      const cut = connections.cut(found.certificate.fingerprint)
      onEnforced(id, cut)
      tokens.forget(Buffer.from(found.certificate.fingerprint, 'hex').toString('base64url'))
    },
    async organization(id) {
      const organization = await store.findOrganization(id)
      if (organization === undefined) return
      registry.setOrganization(organization)
      if (findStop(registry, id) === undefined) return
      connections.cutPresented(
        ({ fingerprint }) => registry.findByFingerprint(fingerprint)?.organizationId === id,
      )
    },
    async credential(id) {
      const client = await store.findClient(id)
      if (client === undefined) registry.removeClient(id)
      else registry.setClient(client)
    },
    async token(id) {
      const expiresAt = await store.findRevokedToken(id)
      if (expiresAt !== undefined) registry.revokeToken(id, expiresAt)
    },
    async issuer() {
      registry.setIssuers(await store.listIssuers())
      onIssuers()
    },
    async 'enforcement-plan'(id) {
      const found = await store.findPolicy(id)
      if (found !== undefined) registry.setPolicy(found.organizationId, found.environment, found.policy)
    },
    async 'migration-plan'(id) {
      const found = await store.findMigration(id)
      if (found === undefined) return
      registry.setMigration(found.organizationId, found.environment, found.migration)
    },
    async 'external-status'(id) {
      registry.setExternalStatus(id, await store.findExternalStatus(id))
    },
    async 'external-check'(id) {
      registry.setExternalCheck(id, await store.findExternalCheck(id))
    },
    async registration(id) {
      const open = await findRegistration(id)
      if (open === undefined) registrations.remove(id)
      else registrations.set(open)
      registrations.forgetOver(forgetting.now())
    },
    'signing-key': loadSigningKeys,
  }
  return async ({ kind, subjectId }: { kind: string; subjectId: string }) => reads[kind]?.(subjectId)
}
