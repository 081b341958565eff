import { type RawBuilder, sql } from 'kysely'
import type { Queries } from '../storage/database.ts'
import { isPostgres } from '../storage/engine.ts'
import { isReplaced } from '../storage/is-replaced.ts'
import { readKeyKind } from './read-key-kind.ts'
import type { JudgedCertificate } from './signal.ts'

/** A position in a list that is ordered by a time and an ID. */
export type Position = readonly [at: number, id: string]

/** Where the next rows of a list are. */
export interface ListPart {
  after: Position
  limit: number
}

interface Placed {
  id: string
  at: number
}

/**
 * The valid certificates in the order in which they end, after a position. Literals and the name of the index: SQLite,
 * without statistics, would read every issued certificate instead.
 */
export function selectValid(queries: Queries, { after: [at, id], limit }: ListPart): RawBuilder<Placed> {
  const index = isPostgres(queries) ? sql`` : sql`indexed by certificates_lapsing`
  return sql<Placed>`select id, not_after as at from certificates ${index}
    where status = 'issued' and lapsed = 0 and (not_after, id) > (${at}, ${id})
    order by not_after, id limit ${limit}`
}

/** The revoked certificates in the order of their revocation, after a position. */
export function selectRevoked(queries: Queries, { after: [at, id], limit }: ListPart): RawBuilder<Placed> {
  const index = isPostgres(queries) ? sql`` : sql`indexed by certificates_revoked_at`
  return sql<Placed>`select id, revoked_at as at from certificates ${index}
    where status = 'revoked' and (revoked_at, id) > (${at}, ${id})
    order by revoked_at, id limit ${limit}`
}

/** The client secrets that have no end, the oldest first, after a position and before a time. */
export function selectOldSecrets(
  queries: Queries,
  { after: [at, id], limit }: ListPart,
  before: number,
): RawBuilder<Placed> {
  const index = isPostgres(queries) ? sql`` : sql`indexed by credential_secrets_age`
  return sql<Placed>`select id, created_at as at from credential_secrets ${index}
    where expires_at is null and (created_at, id) > (${at}, ${id}) and created_at <= ${before}
    order by created_at, id limit ${limit}`
}

/** Returns the rows of one of these lists. */
export const listPlaced = async (queries: Queries, list: RawBuilder<Placed>): Promise<Placed[]> =>
  (await list.execute(queries)).rows

/** Returns certificates of active organizations, as they are judged; with the kinds of their keys if they are asked for. */
export async function readCertificates(
  queries: Queries,
  ids: readonly string[],
  withKeys: boolean,
): Promise<JudgedCertificate[]> {
  if (ids.length === 0) return []
  const rows = await queries
    .selectFrom('certificates')
    .innerJoin('organizations', 'organizations.id', 'certificates.organization_id')
    .leftJoin('certificates as old', 'old.id', 'certificates.replaces_id')
    .select(
      sql<Uint8Array | null>`${withKeys ? sql.ref('certificates.certificate_der') : sql`null`}`.as('der'),
    )
    .select([
      'certificates.id',
      'certificates.organization_id as organizationId',
      'certificates.environment',
      'certificates.status',
      'certificates.issued_at',
      'certificates.created_at',
      'certificates.not_after',
      'certificates.revoked_at as revokedAt',
      'certificates.first_used_at as firstUsedAt',
      'certificates.last_used_at as lastUsedAt',
      'certificates.last_denied_at as lastDeniedAt',
      'old.status as oldStatus',
      'old.not_after as oldNotAfter',
    ])
    .select(isReplaced().as('is_replaced'))
    .where('certificates.id', 'in', ids)
    .where('organizations.status', '=', 'active')
    .execute()
  return rows.map(
    ({ issued_at, created_at, not_after, der, is_replaced, oldStatus, oldNotAfter, ...row }) => ({
      ...row,
      issuedAt: issued_at ?? created_at,
      notAfter: not_after ?? 0,
      isReplaced: Number(is_replaced) === 1,
      replaced: oldStatus === null ? null : { status: oldStatus, notAfter: oldNotAfter ?? 0 },
      readKeyKind: () => (der === null ? undefined : readKeyKind(der)),
    }),
  )
}

/** A client secret as it is judged. */
export interface JudgedSecret {
  id: string
  credentialId: string
  organizationId: string
  environment: string
  createdAt: number
}

/** Returns client secrets that have no end, of credentials of active organizations. */
export async function readSecrets(queries: Queries, ids: readonly string[]): Promise<JudgedSecret[]> {
  if (ids.length === 0) return []
  return queries
    .selectFrom('credential_secrets')
    .innerJoin('credentials', 'credentials.id', 'credential_id')
    .innerJoin('organizations', 'organizations.id', 'credentials.organization_id')
    .select([
      'credential_secrets.id',
      'credential_id as credentialId',
      'credentials.organization_id as organizationId',
      'credentials.environment',
      'credential_secrets.created_at as createdAt',
    ])
    .where('credential_secrets.id', 'in', ids)
    .where('credential_secrets.expires_at', 'is', null)
    .where('credentials.deleted_at', 'is', null)
    .where('organizations.status', '=', 'active')
    .execute()
}
