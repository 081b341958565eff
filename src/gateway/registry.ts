import type { KeyObject } from 'node:crypto'
import type { BlockList } from 'node:net'
import type { ClientAlgorithm } from '../contract/client-key.ts'
import type { ParsedCertificate } from '../pki/certificate.ts'
import { createCertificateTable } from './certificate-table.ts'
import type { RegisteredCertificate } from './registered-certificate.ts'
import type { RegisteredPlan } from './registered-plan.ts'

/** A root or an issuing CA of Postern's own, or an authority of somebody else that operators trust. */
export interface RegisteredIssuer {
  id: string
  /** Null for a root. */
  environment: string | null
  /** From when on its certificates are refused; null means never. */
  retiresAt: number | null
  /** Whether it is of somebody else. */
  isForeign: boolean
  der: Uint8Array
  parsed: ParsedCertificate
}

/** API credentials. For scopes, networks and certificates null means any, and an empty list none. */
export interface RegisteredClient {
  credentialId: string
  clientId: string
  name: string
  organizationId: string
  environment: string
  scopes: readonly string[] | null
  networks: BlockList | null
  certificateIds: ReadonlySet<string> | null
  tlsClientAuth: { kind: string; value: string } | null
  /** SHA-256 of each secret, and until when it is valid; null means without end. */
  secrets: readonly { sha256: Uint8Array; expiresAt: number | null }[]
  /** The public keys that sign its assertions; `id` is what their `kid` says. */
  keys: readonly { id: string; algorithm: ClientAlgorithm; publicKey: KeyObject }[]
}

export interface RegisteredOrganization {
  id: string
  slug: string
  legalName: string
}

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
  let issuers: readonly RegisteredIssuer[] = []
  let revision = 0

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

    setCertificate(certificate: RegisteredCertificate): void {
      certificates.set(certificate)
      revision += 1
    },
    setClient(client: RegisteredClient): void {
      clients.set(client.clientId, client)
      clientIds.set(client.credentialId, client.clientId)
    },
    removeClient(credentialId: string): void {
      clients.delete(clientIds.get(credentialId) ?? '')
      clientIds.delete(credentialId)
    },
    /** Forgets all credentials but these. */
    keepClients(credentialIds: ReadonlySet<string>): void {
      for (const [credentialId, clientId] of clientIds) {
        if (credentialIds.has(credentialId)) continue
        clients.delete(clientId)
        clientIds.delete(credentialId)
      }
    },
    setIssuers(all: readonly RegisteredIssuer[]): void {
      issuers = all
      revision += 1
    },
    setOrganization(organization: RegisteredOrganization): void {
      organizations.set(organization.id, organization)
    },
    setPlan(organizationId: string, environment: string, plan: RegisteredPlan): void {
      const ofEnvironment = plans.get(environment) ?? new Map<string, RegisteredPlan>()
      plans.set(environment, ofEnvironment.set(organizationId, plan))
      const exempted = exempt.get(environment) ?? new Set<string>()
      exempt.set(environment, exempted)
      if (plan.mode === 'enforce') exempted.delete(organizationId)
      else exempted.add(organizationId)
    },
    /** Remembers a revoked token until `expiresAt`; see {@link forgetTokens}. */
    revokeToken(tokenId: string, expiresAt: number): void {
      revokedTokens.set(tokenId, expiresAt)
    },
    /** Forgets revoked tokens that have expired anyway. */
    forgetTokens(now: number): void {
      for (const [tokenId, expiresAt] of revokedTokens) if (expiresAt <= now) revokedTokens.delete(tokenId)
    },
  }
}

export type Registry = ReturnType<typeof createRegistry>
