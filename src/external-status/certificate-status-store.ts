import { endedBefore } from '../shapes/moment.ts'
import type { Queries } from '../storage/database.ts'
import type { JudgedStatus } from './judge-status.ts'

/** A CRL or OCSP that a certificate names, with its last answer; milliseconds since 1970. */
export interface CertificateSource {
  kind: 'crl' | 'ocsp'
  issuer: string
  url: string
  answeredAt: number | null
  confirmedUntil: number | null
  problem: string | null
}

/** What is known of a certificate from another CA. */
export interface StoredStatus extends Omit<JudgedStatus, 'trustedIssuer'> {
  environment: string
  /** Null for a pinned certificate. */
  issuerDer: Uint8Array | null
  sources: readonly CertificateSource[]
}

/** Finds what other CAs say of a certificate; undefined for one of Postern, of another organization, or that is not valid at `now`. */
export async function findCertificateStatus(
  queries: Queries,
  organizationId: string,
  certificateId: string,
  now: number,
): Promise<StoredStatus | undefined> {
  const row = await queries
    .selectFrom('certificates')
    .leftJoin('issuers', 'issuers.id', 'certificates.issuer_id')
    .leftJoin('external_statuses', 'external_statuses.certificate_id', 'certificates.id')
    .select(['certificates.environment', 'issuers.certificate_der', 'described_at'])
    .select(['expected_links', 'is_askable', 'is_awaited'])
    .where('certificates.id', '=', certificateId)
    .where('certificates.organization_id', '=', organizationId)
    .where('certificates.source', '<>', 'postern')
    .where('certificates.status', '=', 'issued')
    .where('certificates.not_after', '>', endedBefore(now))
    .executeTakeFirst()
  if (row === undefined) return undefined
  const links = await queries
    .selectFrom('external_links')
    .innerJoin('external_checks', 'external_checks.id', 'check_id')
    .select(['check_id', 'depth', 'looked_at', 'kind', 'issuer', 'urls'])
    .select(['answered_at', 'confirmed_until', 'problem'])
    .where('certificate_id', '=', certificateId)
    .orderBy('depth')
    .orderBy('kind')
    .execute()
  return {
    environment: row.environment,
    issuerDer: row.certificate_der && new Uint8Array(row.certificate_der),
    status:
      row.described_at === null
        ? undefined
        : {
            ...{ describedAt: row.described_at, expectedLinks: row.expected_links ?? 0 },
            ...{ isAskable: row.is_askable === 1, isAwaited: row.is_awaited === 1 },
            links: links.map((link) => ({
              ...{ checkId: link.check_id, depth: link.depth, isLookedFor: link.looked_at !== null },
            })),
          },
    ends: new Map(links.map((link) => [link.check_id, link.confirmed_until])),
    sources: links.map((link) => ({
      ...{ kind: link.kind, issuer: link.issuer, url: (JSON.parse(link.urls) as string[])[0] ?? '' },
      ...{ answeredAt: link.answered_at, confirmedUntil: link.confirmed_until, problem: link.problem },
    })),
  }
}
