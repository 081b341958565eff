import { type SelectQueryBuilder, sql } from 'kysely'
import { endedBefore } from '../shapes/moment.ts'
import type { Database, Queries } from '../storage/database.ts'
import { isPostgres } from '../storage/engine.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import type { Schema } from '../storage/schema.ts'
import { selectMerged } from '../storage/select-merged.ts'
import type { CertificateRow } from '../storage/tables/certificate-tables.ts'
import type { RotatedCertificate } from './rotation.ts'

const maxGenerations = 50

const columns = [
  'certificates.id',
  'certificates.organization_id',
  'certificates.environment',
  'certificates.name',
  'certificates.description',
  'certificates.status',
  'certificates.not_after',
  'certificates.replaces_id',
  'certificates.first_used_at',
  'certificates.last_used_at',
  'certificates.last_denied_at',
  'certificates.created_at',
] as const

type Row = Pick<
  CertificateRow,
  | 'id'
  | 'organization_id'
  | 'environment'
  | 'name'
  | 'description'
  | 'status'
  | 'not_after'
  | 'replaces_id'
  | 'first_used_at'
  | 'last_used_at'
  | 'last_denied_at'
  | 'created_at'
>

/** An old certificate and its replacement. */
export interface RotationPair {
  old: RotatedCertificate
  next: RotatedCertificate | null
  /** When a gateway first accepted one of the replacements that are valid now; null if it accepted none of these. */
  acceptedAt: number | null
}

interface Place {
  organizationId: string
  environment: string
  now: number
}

const paging = createPaging('rotations', [cursorParts.number, cursorParts.name])

/** Creates the store that finds certificates and their replacements. Every read names the organization. */
export function createRotationStore({ queries, aside }: Database) {
  const find = async (organizationId: string, id: string): Promise<Row | undefined> =>
    queries
      .selectFrom('certificates')
      .select(columns)
      .where('id', '=', id)
      .where('organization_id', '=', organizationId)
      .executeTakeFirst()

  const listReplacements = (from: Queries, organizationId: string, ids: readonly string[]): Promise<Row[]> =>
    ids.length === 0
      ? Promise.resolve([])
      : from
          .selectFrom('certificates')
          .select(columns)
          .where('organization_id', '=', organizationId)
          .where('replaces_id', 'in', ids)
          .where('status', 'not in', ['rejected', 'cancelled'])
          .orderBy('created_at')
          .orderBy('id')
          .execute()

  return {
    /**
     * Finds the rotation of a certificate: it and its replacement, or the one that it replaces and it. A certificate with
     * neither is the old one of a rotation that has not begun.
     */
    async findPair(organizationId: string, id: string, now: number): Promise<RotationPair | undefined> {
      const row = await find(organizationId, id)
      if (row === undefined) return undefined
      const own = await listReplacements(queries, organizationId, [id])
      if (own.length > 0 || row.replaces_id === null) return toPair(row, own, now)
      const replaced = await find(organizationId, row.replaces_id)
      if (replaced === undefined) return toPair(row, [], now)
      const all = await listReplacements(queries, organizationId, [replaced.id])
      return { ...toPair(replaced, [row], now), acceptedAt: toPair(replaced, all, now).acceptedAt }
    },

    /** Finds a certificate as the old one, and its replacement. */
    async findOld(organizationId: string, id: string, now: number): Promise<RotationPair | undefined> {
      const row = await find(organizationId, id)
      return row && toPair(row, await listReplacements(queries, organizationId, [id]), now)
    },

    /** Finds these certificates of any organizations as the old ones, and their replacements. */
    async listOld(ids: readonly string[], now: number): Promise<RotationPair[]> {
      if (ids.length === 0) return []
      const rows = await queries.selectFrom('certificates').select(columns).where('id', 'in', ids).execute()
      const byOwner = [...Map.groupBy(rows, (row) => row.organization_id)].map(async ([owner, own]) => {
        const replacements = await listReplacements(
          queries,
          owner,
          own.map(({ id }) => id),
        )
        return own.map((row) =>
          toPair(
            row,
            replacements.filter(({ replaces_id }) => replaces_id === row.id),
            now,
          ),
        )
      })
      return (await Promise.all(byOwner)).flat()
    },

    /** Lists the valid certificates with a replacement that is valid or may become so; the first to expire first. */
    async listOpen(
      { organizationId, environment, now }: Place,
      { cursor, limit }: { cursor?: string | undefined; limit: number },
    ): Promise<Page<RotationPair>> {
      const from = paging.findPosition(cursor, { environment })
      const rows = await selectOpen(aside, { organizationId, environment, now }, { from, limit }).execute()
      const replacements = await listReplacements(
        aside,
        organizationId,
        rows.map(({ id }) => id),
      )
      return paging.toPage(
        rows,
        { limit, filter: { environment } },
        (row) => [row.not_after ?? 0, row.id],
        (row) =>
          toPair(
            row,
            replacements.filter(({ replaces_id }) => replaces_id === row.id),
            now,
          ),
      )
    },

    /** Lists the line of certificates up to the last one that is not canceled, the oldest first. */
    async listGenerations(organizationId: string, id: string, now: number): Promise<RotatedCertificate[]> {
      const line: Row[] = []
      for (let next: string | null = id; next !== null && line.length < maxGenerations; ) {
        const row: Row | undefined = await find(organizationId, next)
        if (row === undefined) break
        line.unshift(row)
        next = row.replaces_id
      }
      return line.map((row) => toRotated(row, now))
    },

    /** Whether another valid certificate of the organization in the environment was ever accepted. */
    hasOtherWorking: (certificate: Place & { id: string }): Promise<boolean> =>
      hasOtherWorking(queries, certificate),
  }
}

export type RotationStore = ReturnType<typeof createRotationStore>

type Certificates = SelectQueryBuilder<Schema, 'certificates', object>

/**
 * Selects the valid certificates with a replacement that is valid or may become so, by two indexes of few: those with a
 * replacement that was accepted, and those of the replacements that were not. To look through all valid certificates
 * would take a second for a hundred thousand.
 */
export function selectOpen(
  queries: Queries,
  { organizationId, environment, now }: Place,
  { from, limit }: { from: readonly [number, string] | undefined; limit: number },
) {
  const isOpen = sql<boolean>`(next.status in ('draft', 'pending')
    or (next.status = 'issued' and next.not_after > ${endedBefore(now)}))`
  const sort = <From extends 'certificates'>(query: SelectQueryBuilder<Schema, From, Row>) =>
    query
      .orderBy(sql`not_after`)
      .orderBy(sql`id`)
      .limit(limit + 1)
  const select = (query: Certificates) =>
    sort(
      query
        .select(columns)
        .where('certificates.organization_id', '=', organizationId)
        .where('certificates.environment', '=', environment)
        .where('certificates.status', '=', sql.lit('issued'))
        .where('certificates.not_after', '>', endedBefore(now))
        .$if(from !== undefined, (rest) =>
          rest.where(
            sql<boolean>`(certificates.not_after, certificates.id) > (${from?.[0] ?? 0}, ${from?.[1] ?? ''})`,
          ),
        ),
    )
  const accepted = select(queries.selectFrom('certificates'))
    .where('certificates.replaced_at', 'is not', null)
    .where((e) =>
      e.exists(
        e
          .selectFrom('certificates as next')
          .select('next.id')
          .whereRef('next.organization_id', '=', 'certificates.organization_id')
          .whereRef('next.replaces_id', '=', 'certificates.id')
          .where(isOpen),
      ),
    )
  // SQLite has no statistics: it is told the index, and begins with the left side of a cross join.
  const index = isPostgres(queries) ? sql`` : sql`indexed by certificates_unaccepted`
  const replacements = sql<{ replaces_id: string }>`(select distinct next.replaces_id
    from certificates as next ${index}
    where next.organization_id = ${organizationId} and next.environment = ${environment}
      and next.replaces_id is not null and next.first_used_at is null and ${isOpen})`.as<'replacement'>(
    sql`replacement`,
  )
  const waiting = queries
    .selectFrom(replacements)
    .crossJoin('certificates')
    .whereRef('certificates.id', '=', 'replacement.replaces_id')
    .where('certificates.replaced_at', 'is', null) as unknown as Certificates
  return selectMerged(queries, [accepted, select(waiting)], sort)
}

/** Returns whether another valid certificate of the organization in the environment was ever accepted. */
export async function hasOtherWorking(
  queries: Queries,
  { id, organizationId, environment, now }: Place & { id: string },
): Promise<boolean> {
  const other = await queries
    .selectFrom('certificates')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('environment', '=', environment)
    .where('status', '=', sql.lit('issued'))
    .where('not_after', '>', endedBefore(now))
    .where('first_used_at', 'is not', null)
    .where('id', '!=', id)
    .limit(1)
    .executeTakeFirst()
  return other !== undefined
}

/** Pairs a certificate with the replacement that counts: one that was accepted, else the newest that may be. */
function toPair(old: Row, replacements: readonly Row[], now: number): RotationPair {
  const all = replacements.map((row) => toRotated(row, now))
  const isOpen = ({ status }: RotatedCertificate) => ['draft', 'pending', 'issued'].includes(status)
  const next =
    all.findLast((one) => one.status === 'issued' && one.firstUsedAt !== null) ??
    all.findLast(isOpen) ??
    all.at(-1)
  const accepted = all.flatMap((one) =>
    one.status === 'issued' && one.firstUsedAt !== null ? [one.firstUsedAt] : [],
  )
  return {
    old: toRotated(old, now),
    next: next ?? null,
    acceptedAt: accepted.length === 0 ? null : Math.min(...accepted),
  }
}

const toRotated = (row: Row, now: number): RotatedCertificate => ({
  id: row.id,
  organizationId: row.organization_id,
  environment: row.environment,
  name: row.name,
  description: row.description,
  status:
    row.status === 'issued' && row.not_after !== null && row.not_after <= endedBefore(now)
      ? 'expired'
      : row.status,
  notAfter: row.not_after,
  replacesId: row.replaces_id,
  firstUsedAt: row.first_used_at,
  lastUsedAt: row.last_used_at,
  lastDeniedAt: row.last_denied_at,
})
