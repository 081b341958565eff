import { policySubject, readPolicySubject } from '../../contract/enforcement-policy.ts'
import type { LostRevocation } from '../../contract/lost-revocation.ts'
import type { RevocationReason } from '../../pki/status/revocation-reason.ts'
import { createCertificateTable } from './certificate-table.ts'
import { createExternalStatuses } from './external-statuses.ts'
import { createRecentRevocations, createSeenRevocations } from './recent-revocations.ts'
import type { StoredCertificate } from './registered-certificate.ts'
import type { RegisteredMigration } from './registered-migration.ts'
import type { RegisteredClient, RegisteredIssuer, RegisteredOrganization } from './registered-parties.ts'
import type { RegisteredPolicy } from './registered-policy.ts'
import type { RegisteredStatus } from './registered-status.ts'
import { createRegistryReload, type RegistryReload } from './registry-reload.ts'

/**
 * Creates the state from which a gateway makes all decisions: a snapshot of the store in memory, updated row
 * by row. Each lookup reads a map or a table.
 */
export function createRegistry() {
  const certificates = createCertificateTable()
  const clients = new Map<string, RegisteredClient>()
  const clientIds = new Map<string, string>()
  const organizations = new Map<string, RegisteredOrganization>()
  const revokedTokens = new Map<string, number>()
  const policies = new Map<string, Map<string, RegisteredPolicy>>()
  const migrations = new Map<string, RegisteredMigration>()
  const statuses = createExternalStatuses()
  const exempt = new Map<string, Set<string>>()
  const seen = createSeenRevocations()
  const held = createRecentRevocations()
  let issuers: readonly RegisteredIssuer[] = []
  let revision = 0

  const removeClient = (credentialId: string): void => {
    clients.delete(clientIds.get(credentialId) ?? '')
    clientIds.delete(credentialId)
  }
  const setClient = (stored: RegisteredClient): void => {
    const client = held.limitClient(stored)
    if (client === undefined) {
      removeClient(stored.credentialId)
      return
    }
    clients.set(client.clientId, client)
    clientIds.set(client.credentialId, client.clientId)
  }
  const setIssuers = (all: readonly RegisteredIssuer[]): void => {
    issuers = all.map(held.limitIssuer)
    revision += 1
  }
  const setPolicy = (organizationId: string, environment: string, stored: RegisteredPolicy): void => {
    const policy = held.limitPolicy(policySubject(organizationId, environment), stored)
    const ofEnvironment = policies.get(environment) ?? new Map<string, RegisteredPolicy>()
    policies.set(environment, ofEnvironment.set(organizationId, policy))
    const exempted = exempt.get(environment) ?? new Set<string>()
    exempt.set(environment, exempted)
    if (policy.mode === 'enforce') exempted.delete(organizationId)
    else exempted.add(organizationId)
  }
  const setMigration = (organizationId: string, environment: string, stored: RegisteredMigration): void => {
    const subject = policySubject(organizationId, environment)
    migrations.set(subject, held.limitMigration(subject, stored))
    revision += 1
  }
  const setExternalStatus = (certificateId: string, status: RegisteredStatus | undefined): void => {
    if (status === undefined && statuses.find(certificateId) === undefined) return
    statuses.set(certificateId, status)
    revision += 1
  }
  /** Sets until when the last answer about a statement holds; undefined if it is no longer asked for. */
  const setExternalCheck = (checkId: string, confirmedUntil: number | null | undefined): void => {
    statuses.setCheck(checkId, confirmedUntil)
    revision += 1
  }
  const listMigrations = () =>
    [...migrations].map(([subject, migration]) => ({ ...readPolicySubject(subject), migration }))
  const listPolicies = () =>
    [...policies].flatMap(([environment, ofEnvironment]) =>
      [...ofEnvironment].map(([organizationId, policy]) => ({ organizationId, environment, policy })),
    )
  const setCertificate = (certificate: StoredCertificate) => {
    revision += 1
    const outcome = certificates.set(certificate)
    if (certificate.revoked || outcome === 'stays-revoked') statuses.noteRevoked(certificate.id)
    return outcome
  }
  const revokeToken = (tokenId: string, expiresAt: number): void => {
    revokedTokens.set(tokenId, expiresAt)
  }
  const setOrganization = (stored: RegisteredOrganization): void => {
    const organization = held.limitOrganization(stored)
    if (organizations.get(organization.id)?.status !== organization.status) revision += 1
    organizations.set(organization.id, organization)
  }

  return {
    /** Changes when certificates, issuers or the statuses of organizations change. */
    revision: () => revision,
    findByFingerprint: certificates.findByFingerprint,
    findByPublicKey: certificates.findByPublicKey,
    findIssuer: (id: string) => issuers.find((issuer) => issuer.id === id),
    listIssuers: () => issuers,
    findClient: (clientId: string) => clients.get(clientId),
    findOrganization: (id: string) => organizations.get(id),
    /** Returns the credentials of an organization in an environment. */
    listClients: (organizationId: string, environment: string) =>
      [...clients.values()].filter(
        (client) => client.organizationId === organizationId && client.environment === environment,
      ),
    /**
     * Returns the policy that operators have set for an organization in an environment; undefined if there is
     * none.
     */
    findPolicy: (organizationId: string, environment: string) =>
      policies.get(environment)?.get(organizationId),
    /** Returns when the externally issued certificates of an organization end; undefined without a plan. */
    findMigration: (organizationId: string, environment: string) =>
      migrations.get(policySubject(organizationId, environment)),
    /** Returns what the CA of an externally issued certificate says of it; undefined before it is known what to ask. */
    findExternalStatus: statuses.find,
    /** Returns until when that is confirmed; undefined before it is known what to ask. */
    findConfirmedUntil: statuses.findConfirmedUntil,
    /**
     * Returns whether any organization has a policy in the environment that allows clients without a
     * certificate.
     */
    hasExemption: (environment: string) => (exempt.get(environment)?.size ?? 0) > 0,
    /** Returns whether the token with this `jti` has been revoked. */
    isTokenRevoked: (tokenId: string) => revokedTokens.has(tokenId),

    findRevocation: certificates.findRevocation,
    setCertificate,
    /** Replaces the known state of credentials. */
    setClient(client: RegisteredClient): void {
      const before = clients.get(client.clientId)
      if (before !== undefined) seen.noteChange(before, client)
      setClient(client)
    },
    removeClient(credentialId: string): void {
      const client = clients.get(clientIds.get(credentialId) ?? '')
      if (client !== undefined) seen.noteDeleted(client.organizationId, credentialId)
      removeClient(credentialId)
    },
    /** Records that credentials were deleted, so that they cannot return. */
    noteDeleted: seen.noteDeleted,
    setIssuers,
    setOrganization,
    setPolicy,
    setMigration,
    setExternalStatus,
    setExternalCheck,
    /** Remembers a revoked token until `expiresAt`; see {@link forgetTokens}. */
    revokeToken,
    listRevokedTokens: () => [...revokedTokens].map(([tokenId, expiresAt]) => ({ tokenId, expiresAt })),
    /** Keeps as ended what the store has as active, until the store has it as ended, too. */
    hold(endings: readonly Pick<LostRevocation, 'kind' | 'subjectId' | 'detail'>[]): void {
      for (const ending of endings) {
        held.hold(ending)
        const certificate = certificates.findByFingerprint(String(ending.detail.fingerprint))
        if (ending.kind === 'certificate_revoked' && certificate !== undefined)
          setCertificate({
            ...certificate,
            revoked: true,
            revocation: { reason: ending.detail.reason as RevocationReason, at: Number(ending.detail.at) },
          })
      }
      for (const organization of [...organizations.values()]) setOrganization(organization)
      for (const client of [...clients.values()]) setClient(client)
      for (const { organizationId, environment, policy } of listPolicies())
        setPolicy(organizationId, environment, policy)
      for (const { kind, subjectId } of endings) {
        const { organizationId, environment } = readPolicySubject(subjectId)
        if (kind === 'migration_limited')
          setMigration(
            organizationId,
            environment,
            migrations.get(subjectId) ?? { endsAt: null, exceptionUntil: null },
          )
        if (kind === 'plan_enforced' && !policies.get(environment)?.has(organizationId))
          setPolicy(organizationId, environment, { mode: 'enforce', since: 0 })
      }
      setIssuers(issuers)
    },
    /** Begins a complete reload of the store; until it is finished, the previous state applies. */
    beginReload: (): RegistryReload =>
      createRegistryReload(
        { certificates, seen, held },
        {
          setCertificate,
          revokeToken,
          list: () => ({
            organizations: [...organizations.values()],
            clients: [...clients.values()],
            plans: listPolicies(),
            migrations: listMigrations(),
            issuers,
          }),
          replace(stored) {
            for (const organization of stored.organizations) setOrganization(organization)
            clients.clear()
            clientIds.clear()
            for (const client of stored.clients) setClient(client)
            policies.clear()
            exempt.clear()
            for (const { organizationId, environment, policy } of stored.plans)
              setPolicy(organizationId, environment, policy)
            migrations.clear()
            for (const { organizationId, environment, migration } of stored.migrations)
              setMigration(organizationId, environment, migration)
            statuses.clear()
            for (const { certificateId, status } of stored.statuses) setExternalStatus(certificateId, status)
            for (const { checkId, confirmedUntil } of stored.checks) setExternalCheck(checkId, confirmedUntil)
            setIssuers(stored.issuers)
          },
        },
      ),
    /** Forgets what other CAs say of certificates that have expired at `now`. */
    forgetExternalStatuses: statuses.forgetEnded,
    /** Deletes revoked tokens that have expired. */
    forgetTokens(now: number): void {
      for (const [tokenId, expiresAt] of revokedTokens) if (expiresAt <= now) revokedTokens.delete(tokenId)
    },
  }
}

export type Registry = ReturnType<typeof createRegistry>
