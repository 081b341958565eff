import { createPublicKey } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import type { ClientKeys } from '../../contract/client-key.ts'
import type { EnforcementMode } from '../../contract/enforcement-policy.ts'
import type { CertificatePurpose } from '../../contract/environment.ts'
import type { OrganizationStatus } from '../../contract/organization.ts'
import { parseRestriction } from '../../contract/restriction.ts'
import { parseCertificate } from '../../pki/certificate/certificate.ts'
import type { RevocationReason } from '../../pki/status/revocation-reason.ts'
import type { StoredCertificate } from './registered-certificate.ts'
import type { RegisteredMigration } from './registered-migration.ts'
import type { RegisteredClient, RegisteredIssuer, RegisteredOrganization } from './registered-parties.ts'
import type { RegisteredPolicy } from './registered-policy.ts'
import type { RegisteredStatus } from './registered-status.ts'

/** The organization and environment of the policy. */
export interface StoredPolicy {
  organizationId: string
  environment: string
  policy: RegisteredPolicy
}

/** The organization and environment of the migration. */
export interface StoredMigration {
  organizationId: string
  environment: string
  migration: RegisteredMigration
}

/** Returns whether a certificate can be presented: not before it is issued. */
export const isRegistered = (row: { status: string; fingerprint_sha256: string | null }): boolean =>
  row.fingerprint_sha256 !== null && (row.status === 'issued' || row.status === 'revoked')

export function toCertificate(row: {
  id: string
  name: string
  organization_id: string
  environment: string
  issuer_id: string | null
  status: string
  fingerprint_sha256: string | null
  spki_sha256: string | null
  not_before: number | null
  not_after: number | null
  revoked_at: number | null
  revocation_reason: RevocationReason | null
  external_purpose: CertificatePurpose | null
  is_replaced: number
}): StoredCertificate {
  return {
    id: row.id,
    name: row.name,
    organizationId: row.organization_id,
    environment: row.environment,
    issuerId: row.issuer_id ?? '',
    revoked: row.status === 'revoked',
    isServerOnly: row.external_purpose === 'server_auth',
    replaced: row.is_replaced === 1,
    fingerprint: row.fingerprint_sha256 ?? '',
    publicKey: row.spki_sha256 ?? '',
    notBefore: row.not_before ?? 0,
    notAfter: row.not_after ?? 0,
    revocation:
      row.revoked_at === null ? null : { reason: row.revocation_reason ?? 'unspecified', at: row.revoked_at },
  }
}

export const toOrganization = (row: {
  id: string
  slug: string
  legal_name: string
  status: OrganizationStatus
}): RegisteredOrganization => ({
  id: row.id,
  slug: row.slug,
  legalName: row.legal_name,
  status: row.status,
})

export const toPolicy = (row: {
  organization_id: string
  environment: string
  mode: EnforcementMode
  since: number
}): StoredPolicy => ({
  organizationId: row.organization_id,
  environment: row.environment,
  policy: { mode: row.mode, since: row.since },
})

export const toMigration = (row: {
  organization_id: string
  environment: string
  ends_at: number | null
  exception_until: number | null
}): StoredMigration => ({
  organizationId: row.organization_id,
  environment: row.environment,
  migration: { endsAt: row.ends_at, exceptionUntil: row.exception_until },
})

export function toStatus(
  row: {
    described_at: number
    expected_links: number
    is_askable: number
    revoked_at: number | null
    revoked_by: string | null
    revoked_subject: string | null
    status: string
    not_after: number | null
  },
  links: readonly { check_id: string; depth: number; looked_at: number | null }[],
): RegisteredStatus {
  const { revoked_at: at, revoked_by: by, revoked_subject: subject } = row
  return {
    describedAt: row.described_at,
    notAfter: row.not_after ?? 0,
    expectedLinks: row.expected_links,
    isAskable: row.is_askable === 1,
    finding: at === null ? null : { at, by: by ?? '', subject },
    links: (row.status === 'issued' ? links : []).map((link) => ({
      checkId: link.check_id,
      depth: link.depth,
      isLookedFor: link.looked_at !== null,
    })),
  }
}

export function toIssuer(row: {
  id: string
  kind: string
  environment: string | null
  retires_at: number | null
  certificate_der: Uint8Array
}): RegisteredIssuer {
  const { id, environment, retires_at: retiresAt } = row
  const der = new Uint8Array(row.certificate_der)
  return {
    id,
    environment,
    retiresAt,
    isExternal: row.kind === 'foreign',
    der,
    parsed: parseCertificate(der),
  }
}

export function toClient(
  row: {
    id: string
    client_id: string
    name: string
    organization_id: string
    environment: string
    scopes: string
    networks: string
    certificate_ids: string
    tls_client_auth_kind: string | null
    tls_client_auth_value: string | null
    jwks: string | null
  },
  secrets: readonly { secret_sha256: string; expires_at: number | null }[],
): RegisteredClient {
  const certificateIds = parseRestriction(row.certificate_ids)
  return {
    credentialId: row.id,
    clientId: row.client_id,
    name: row.name,
    organizationId: row.organization_id,
    environment: row.environment,
    scopes: parseRestriction(row.scopes),
    networks: toNetworks(parseRestriction(row.networks)),
    certificateIds: certificateIds && new Set(certificateIds),
    tlsClientAuth:
      row.tls_client_auth_kind === null
        ? null
        : { kind: row.tls_client_auth_kind, value: row.tls_client_auth_value ?? '' },
    secrets: secrets.map((secret) => ({
      sha256: Buffer.from(secret.secret_sha256, 'hex'),
      expiresAt: secret.expires_at,
    })),
    keys: toKeys(row.jwks),
  }
}

function toKeys(jwks: string | null): RegisteredClient['keys'] {
  const { keys } = jwks === null ? { keys: [] } : (JSON.parse(jwks) as ClientKeys)
  return keys.map(({ kid, alg, kty, crv, x, y, n, e }) => {
    const key = {
      kty,
      ...(crv && { crv }),
      ...(x && { x }),
      ...(y && { y }),
      ...(n && { n }),
      ...(e && { e }),
    }
    return { id: kid, algorithm: alg, publicKey: createPublicKey({ key, format: 'jwk' }) }
  })
}

function toNetworks(ranges: string[] | null): BlockList | null {
  if (ranges === null) return null
  const networks = new BlockList()
  for (const range of ranges) {
    const [address = '', bits = ''] = range.split('/')
    networks.addSubnet(address, Number(bits), isIP(address) === 4 ? 'ipv4' : 'ipv6')
  }
  return networks
}
