import { sql } from 'kysely'
import { endedBefore } from '../shapes/moment.ts'
import type { Queries } from '../storage/database.ts'
import type { IssuerUse, MigrationScope } from './migration-plan.ts'

const hour = 3_600_000
/** A customer decides how many issuers its certificates name. */
const maxIssuers = 20

const toHour = (moment: number) => moment - (moment % hour)

/** The allowed calls in a row of use. */
const allowed = sql<number>`ok + redirects + client_errors + server_errors`

/** Selects the externally issued certificates of an organization that are valid at `now`. */
const selectValid = (queries: Queries, { organizationId, environment }: MigrationScope, now: number) =>
  queries
    .selectFrom('certificates')
    .where('certificates.organization_id', '=', organizationId)
    .where('certificates.environment', '=', environment)
    // A literal and no parameter: SQLite uses the partial index only for it.
    .where('certificates.source', '<>', sql.lit('postern'))
    .where('certificates.status', '=', 'issued')
    .where('certificates.not_after', '>', endedBefore(now))

/** Counts them by issuer and purpose, and the calls with them since the hour of `since`; most certificates first. */
export const selectIssuerUse = (queries: Queries, place: MigrationScope, since: number, now: number) =>
  queries
    .selectFrom(
      selectValid(queries, place, now)
        .select((e) => [
          'certificates.external_issuer as issuer',
          'certificates.external_purpose as purpose',
          'certificates.not_after',
          e
            .selectFrom('usage')
            .select(sql<number>`coalesce(sum(${allowed}), 0)`.as('calls'))
            .whereRef('usage.certificate_id', '=', 'certificates.id')
            .where('usage.grain', '=', 'hour')
            .where('usage.start', '>=', toHour(since))
            .as('calls'),
        ])
        .as('valid'),
    )
    .select((e) => [
      'issuer',
      'purpose',
      e.fn.countAll<number>().as('certificates'),
      e.fn.sum<number>('calls').as('calls'),
      e.fn.max<number>('not_after').as('lastNotAfter'),
    ])
    .groupBy(['issuer', 'purpose'])
    .orderBy('certificates', 'desc')
    .orderBy('issuer')
    .orderBy('purpose')

/** Returns the counts; `issuers` has the first 20, and the sums have all. */
export async function readExternalUse(
  queries: Queries,
  place: MigrationScope,
  { since, now }: { since: number; now: number },
): Promise<ExternalUse> {
  const [rows, total] = await Promise.all([
    selectIssuerUse(queries, place, since, now).execute(),
    sumCalls(queries, place, since),
  ])
  const issuers = rows.map((row) => ({
    issuer: row.issuer ?? '',
    purpose: row.purpose,
    certificates: Number(row.certificates),
    calls: Number(row.calls),
    lastNotAfter: Number(row.lastNotAfter),
  }))
  const sum = (of: readonly IssuerUse[], what: 'certificates' | 'calls') =>
    of.reduce((all, one) => all + one[what], 0)
  const excepted = issuers.filter(({ purpose }) => purpose === 'server_auth')
  const externalCalls = sum(issuers, 'calls')
  return {
    certificates: sum(issuers, 'certificates'),
    externalCalls,
    otherCalls: Math.max(0, total - externalCalls),
    exceptionCertificates: sum(excepted, 'certificates'),
    exceptionCalls: sum(excepted, 'calls'),
    issuers: issuers.slice(0, maxIssuers),
  }
}

/** How the externally issued certificates of an organization are used. */
export interface ExternalUse {
  certificates: number
  externalCalls: number
  /** All other allowed calls. */
  otherCalls: number
  /** Certificates for TLS servers alone, and the calls with them. */
  exceptionCertificates: number
  exceptionCalls: number
  issuers: readonly IssuerUse[]
}

/** Sums the allowed calls with valid, externally issued certificates since the hour of `since`. */
export async function sumExternalCalls(
  queries: Queries,
  place: MigrationScope,
  { since, now }: { since: number; now: number },
): Promise<number> {
  const row = await selectValid(queries, place, now)
    .innerJoin('usage', 'usage.certificate_id', 'certificates.id')
    .select(sql<number>`coalesce(sum(${allowed}), 0)`.as('calls'))
    .where('usage.grain', '=', 'hour')
    .where('usage.start', '>=', toHour(since))
    .executeTakeFirstOrThrow()
  return Number(row.calls)
}

/** Sums all allowed calls of an organization. */
async function sumCalls(
  queries: Queries,
  { organizationId, environment }: MigrationScope,
  since: number,
): Promise<number> {
  const row = await queries
    .selectFrom('organization_usage')
    .select(sql<number>`coalesce(sum(${allowed}), 0)`.as('calls'))
    .where('organization_id', '=', organizationId)
    .where('environment', '=', environment)
    .where('grain', '=', 'hour')
    .where('start', '>=', toHour(since))
    .executeTakeFirstOrThrow()
  return Number(row.calls)
}

/** Returns whether an organization has valid, externally issued certificates. */
export async function hasExternal(queries: Queries, place: MigrationScope, now: number): Promise<boolean> {
  const row = await selectValid(queries, place, now).select('certificates.id').limit(1).executeTakeFirst()
  return row !== undefined
}

/** Finds the valid, externally issued certificate that expires first of those that have no replacement. */
export const findWithoutReplacement = (queries: Queries, place: MigrationScope, now: number) =>
  selectWithoutReplacement(queries, place, now).executeTakeFirst()

/** Selects that certificate. */
export const selectWithoutReplacement = (queries: Queries, place: MigrationScope, now: number) =>
  selectValid(queries, place, now)
    .select(['certificates.id', 'certificates.name'])
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('certificates as replacement')
            .select('replacement.id')
            .whereRef('replacement.organization_id', '=', 'certificates.organization_id')
            .whereRef('replacement.replaces_id', '=', 'certificates.id')
            .where('replacement.status', 'in', ['draft', 'pending', 'issued']),
        ),
      ),
    )
    .orderBy('certificates.not_after')
    .orderBy('certificates.id')
    .limit(1)
