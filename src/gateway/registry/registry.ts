import { planSubject, readPlanSubject } from '../../contract/enforcement-plan.ts'
import type { LostEnding } from '../../contract/lost-ending.ts'
import type { RevocationReason } from '../../pki/status/revocation-reason.ts'
import { createCertificateTable } from './certificate-table.ts'
import { createHeldEndings, createSeenEndings } from './held-endings.ts'
import type { StoredCertificate } from './registered-certificate.ts'
import type { RegisteredClient, RegisteredIssuer, RegisteredOrganization } from './registered-parties.ts'
import type { RegisteredPlan } from './registered-plan.ts'
import { createRegistryReload, type RegistryReload } from './registry-reload.ts'

/**
 * Everything that a gateway answers from: a snapshot of the store in memory, kept fresh row by row.
 * All finds are a look into a map or a table.
 */
export function createRegistry() {
  const certificates = createCertificateTable()
  const clients = new Map<string, RegisteredClient>()
  const clientIds = new Map<string, string>()
  const organizations = new Map<string, RegisteredOrganization>()
  const revokedTokens = new Map<string, number>()
  const plans = new Map<string, Map<string, RegisteredPlan>>()
  const exempt = new Map<string, Set<string>>()
  const seen = createSeenEndings()
  const held = createHeldEndings()
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
  const setPlan = (organizationId: string, environment: string, stored: RegisteredPlan): void => {
    const plan = held.limitPlan(planSubject(organizationId, environment), stored)
    const ofEnvironment = plans.get(environment) ?? new Map<string, RegisteredPlan>()
    plans.set(environment, ofEnvironment.set(organizationId, plan))
    const exempted = exempt.get(environment) ?? new Set<string>()
    exempt.set(environment, exempted)
    if (plan.mode === 'enforce') exempted.delete(organizationId)
    else exempted.add(organizationId)
  }
  const listPlans = () =>
    [...plans].flatMap(([environment, ofEnvironment]) =>
      [...ofEnvironment].map(([organizationId, plan]) => ({ organizationId, environment, plan })),
    )
  const setCertificate = (certificate: StoredCertificate) => {
    revision += 1
    return certificates.set(certificate)
  }
  const revokeToken = (tokenId: string, expiresAt: number): void => {
    revokedTokens.set(tokenId, expiresAt)
  }
  const setOrganization = (organization: RegisteredOrganization): void => {
    organizations.set(organization.id, organization)
  }

  return {
    /** Another number once other certificates or issuers are known. */
    revision: () => revision,
    findByFingerprint: certificates.findByFingerprint,
    findByPublicKey: certificates.findByPublicKey,
    findIssuer: (id: string) => issuers.find((issuer) => issuer.id === id),
    listIssuers: () => issuers,
    findClient: (clientId: string) => clients.get(clientId),
    findOrganization: (id: string) => organizations.get(id),
    /** The credentials of an organization in an environment. */
    listClients: (organizationId: string, environment: string) =>
      [...clients.values()].filter(
        (client) => client.organizationId === organizationId && client.environment === environment,
      ),
    /** What operators have decided for an organization in an environment; nothing where they have not. */
    findPlan: (organizationId: string, environment: string) => plans.get(environment)?.get(organizationId),
    /** Whether any organization has a plan in the environment that lets it in without a certificate. */
    hasExemption: (environment: string) => (exempt.get(environment)?.size ?? 0) > 0,
    /** Whether the token with this `jti` has been revoked. */
    isTokenRevoked: (tokenId: string) => revokedTokens.has(tokenId),

    findRevocation: certificates.findRevocation,
    setCertificate,
    /** Puts credentials in the place of what is known of them. */
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
    /** Remembers that credentials were deleted, which are not to come back. */
    noteDeleted: seen.noteDeleted,
    setIssuers,
    setOrganization,
    setPlan,
    /** Remembers a revoked token until `expiresAt`; see {@link forgetTokens}. */
    revokeToken,
    listRevokedTokens: () => [...revokedTokens].map(([tokenId, expiresAt]) => ({ tokenId, expiresAt })),
    /** Keeps ended what the store does not know to have ended, until it says so itself. */
    hold(endings: readonly Pick<LostEnding, 'kind' | 'subjectId' | 'detail'>[]): void {
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
      for (const client of [...clients.values()]) setClient(client)
      for (const { organizationId, environment, plan } of listPlans())
        setPlan(organizationId, environment, plan)
      for (const { kind, subjectId } of endings) {
        const { organizationId, environment } = readPlanSubject(subjectId)
        if (kind === 'plan_enforced' && !plans.get(environment)?.has(organizationId))
          setPlan(organizationId, environment, { mode: 'enforce', since: 0 })
      }
      setIssuers(issuers)
    },
    /** Begins to take in the whole store again; until it has all, what was known stays in force. */
    beginReload: (): RegistryReload =>
      createRegistryReload(
        { certificates, seen, held },
        {
          setCertificate,
          setOrganization,
          revokeToken,
          list: () => ({ clients: [...clients.values()], plans: listPlans(), issuers }),
          replace(stored) {
            clients.clear()
            clientIds.clear()
            for (const client of stored.clients) setClient(client)
            plans.clear()
            exempt.clear()
            for (const { organizationId, environment, plan } of stored.plans)
              setPlan(organizationId, environment, plan)
            setIssuers(stored.issuers)
          },
        },
      ),
    /** Forgets revoked tokens that have expired anyway. */
    forgetTokens(now: number): void {
      for (const [tokenId, expiresAt] of revokedTokens) if (expiresAt <= now) revokedTokens.delete(tokenId)
    },
  }
}

export type Registry = ReturnType<typeof createRegistry>
