import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { ChangeTypeName } from '../contract/events/change-event.ts'
import type { SubjectKind } from '../contract/events/envelope.ts'
import type { Received } from '../contract/operation.ts'
import type { operations } from '../contract/operations.ts'
import type { Database, Queries } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import { selectMerged } from '../storage/select-merged.ts'
import { type ChainEnd, type ChainedRow, chainStart } from './audit-chain.ts'
import { type AuditRecord, toRecordedAction, toRecordedKind } from './to-change-event.ts'

interface PageRequest {
  cursor?: string | undefined
  limit: number
}

const paging = createPaging('audit', [cursorParts.number, cursorParts.number])

/** The filter of the audit log. */
export type AuditListQuery = Omit<Received<(typeof operations)['listAudit']>['query'], 'type'> & {
  type?: ChangeTypeName[] | undefined
}

const select = (queries: Queries) =>
  queries
    .selectFrom('audit')
    .leftJoin('organizations', 'organizations.id', 'audit.organization_id')
    .selectAll('audit')
    .select(['organizations.slug as organization', subjectName.as('subject_name')])
    .select(subjectEnvironment.as('environment'))

/** Returns the query of one page of the audit log, and one row more. */
export function selectAudit(queries: Queries, query: AuditListQuery) {
  const { cursor, limit, type, ...filter } = query
  const after = paging.findPosition(cursor, { ...filter, type })
  const conditions = [
    ...listConditions(filter),
    ...(after === undefined ? [] : [sql<SqlBool>`(audit.at, audit.sequence) < (${after[0]}, ${after[1]})`]),
  ]
  const branch = (more: readonly RawBuilder<SqlBool>[]) =>
    [...conditions, ...more]
      .reduce((all, condition) => all.where(condition), select(queries))
      .orderBy('audit.at', 'desc')
      .orderBy('audit.sequence', 'desc')
      .limit(limit + 1)
  const actions = [...new Set(type ?? [])].map(toRecordedAction)
  const [first, ...others] = actions.map((action) => branch([sql`audit.action = ${action}`]))
  if (first === undefined) return branch([])
  return selectMerged(queries, [first, ...others], (all) =>
    all
      .orderBy(sql`at`, 'desc')
      .orderBy(sql`sequence`, 'desc')
      .limit(limit + 1),
  )
}

type Filter = Omit<AuditListQuery, 'cursor' | 'limit' | 'type'>

function listConditions({ organization, subjectKind, subjectId, actor, from, to }: Filter) {
  const conditions: RawBuilder<SqlBool>[] = []
  if (organization !== undefined) conditions.push(sql`audit.organization_id = ${idOf(organization)}`)
  if (subjectId !== undefined) conditions.push(isAbout(subjectKind, subjectId))
  // Email addresses are the names of users; everything else is named by its id.
  if (actor !== undefined)
    conditions.push(actor.includes('@') ? sql`audit.actor_name = ${actor}` : sql`audit.actor_id = ${actor}`)
  if (from !== undefined) conditions.push(sql`audit.at >= ${Date.parse(from)}`)
  if (to !== undefined) conditions.push(sql`audit.at < ${Date.parse(to)}`)
  return conditions
}

const idOf = (slug: string) => sql`(select id from organizations as named where named.slug = ${slug})`

/** Organizations and their policies are recorded with the id of the organization in place of its slug. */
function isAbout(kind: SubjectKind | undefined, id: string) {
  if (kind === undefined) return sql<SqlBool>`audit.subject_id = ${id}`
  const ofKind = sql<SqlBool>`audit.subject_kind = ${toRecordedKind(kind) ?? kind}`
  if (kind === 'organization') return sql<SqlBool>`${ofKind} and audit.subject_id = ${idOf(id)}`
  if (kind !== 'enforcement_policy' && kind !== 'migration')
    return sql<SqlBool>`${ofKind} and audit.subject_id = ${id}`
  const [slug = '', environment = ''] = id.split('/')
  return sql<SqlBool>`${ofKind} and audit.subject_id = ${idOf(slug)} || ${`/${environment}`}`
}

/** Creates the store that reads the audit log. `recordAudit` writes it, in the transaction of each change. */
export function createAuditStore({ queries, aside }: Database) {
  return {
    /** Lists the rows about one subject of one organization, newest first. */
    async listAbout(
      organizationId: string,
      subjectId: string,
      { cursor, limit }: PageRequest,
    ): Promise<Page<AuditRecord>> {
      const found = await selectAudit(aside, { cursor, limit, subjectId })
        .where('audit.organization_id', '=', organizationId)
        .execute()
      return paging.toPage(
        found,
        { limit, filter: { subjectId } },
        ({ at, sequence }) => [at, sequence],
        toRecord,
      )
    },

    /** Lists the rows that fit the filter, newest first. */
    async list(query: AuditListQuery): Promise<Page<AuditRecord>> {
      const { cursor: _, limit, ...filter } = query
      const found = await selectAudit(aside, query).execute()
      return paging.toPage(found, { limit, filter }, ({ at, sequence }) => [at, sequence], toRecord)
    },

    /**
     * Lists the numbers of the rows about one subject of one organization, and of those that record their redaction, in
     * order.
     */
    async listSequences(organizationId: string, subjectId: string): Promise<number[]> {
      const found = await queries
        .selectFrom('audit')
        .select(['sequence', 'redacted_by'])
        .where('organization_id', '=', organizationId)
        .where('subject_id', '=', subjectId)
        .execute()
      const all = found.flatMap(({ sequence, redacted_by: by }) =>
        by === null ? [sequence] : [sequence, by],
      )
      return [...new Set(all)].sort((a, b) => a - b)
    },

    /** Returns the hash of the newest row of an organization; empty without any. */
    async readLatestAbout(organizationId: string): Promise<string> {
      const newest = await queries
        .selectFrom('audit')
        .select('hash')
        .where('organization_id', '=', organizationId)
        .orderBy('at', 'desc')
        .orderBy('sequence', 'desc')
        .limit(1)
        .executeTakeFirst()
      return newest?.hash ?? ''
    },

    /** Reads at most `most` stored rows after row `sequence`, in order. */
    readAfter(sequence: number, most: number): Promise<ChainedRow[]> {
      return queries
        .selectFrom('audit')
        .selectAll()
        .where('sequence', '>', sequence)
        .orderBy('sequence')
        .limit(most)
        .execute()
    },

    /** Reads at most `most` rows after row `sequence`, in order, with the names of what they are about. */
    async listAfter(sequence: number, most: number): Promise<AuditRecord[]> {
      const found = await select(aside)
        .where('audit.sequence', '>', sequence)
        .orderBy('audit.sequence')
        .limit(most)
        .execute()
      return found.map(toRecord)
    },

    /** Returns the last row of the log. */
    async findEnd(): Promise<ChainEnd> {
      const last = await queries
        .selectFrom('audit')
        .select(['sequence', 'hash'])
        .orderBy('sequence', 'desc')
        .limit(1)
        .executeTakeFirst()
      return last ?? chainStart
    },
  }
}

export type AuditStore = ReturnType<typeof createAuditStore>

type Row = ChainedRow & {
  organization: string | null
  subject_name: string | null
  environment: string | null
}

const toRecord = (row: Row): AuditRecord => ({
  sequence: row.sequence,
  at: row.at,
  action: row.action,
  actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
  origin: row.origin,
  organization: row.organization,
  environment: row.environment,
  subjectKind: row.subject_kind,
  subjectId: row.subject_id,
  subjectName: row.subject_name,
  before: parseRecorded(row.before),
  after: parseRecorded(row.after),
  hash: row.hash,
})

/** Returns null also for a damaged column: the verification of the log reports it. */
function parseRecorded(column: string | null): AuditRecord['before'] {
  try {
    const value: unknown = JSON.parse(column ?? 'null')
    return typeof value === 'object' && !Array.isArray(value) ? (value as AuditRecord['before']) : null
  } catch {
    return null
  }
}

/** The name of what a row is about, read for the rows of a page alone. */
const subjectName = sql<string | null>`coalesce(
  (select name from certificates where certificates.id = audit.subject_id),
  (select name from credentials where credentials.id = audit.subject_id),
  (select name from api_keys where api_keys.id = audit.subject_id),
  (select name from webhooks where webhooks.id = audit.subject_id),
  (select email from users where users.id = audit.subject_id),
  (select legal_name from organizations as named where named.id = audit.subject_id))`
const subjectEnvironment = sql<string | null>`coalesce(
  (select environment from certificates where certificates.id = audit.subject_id),
  (select environment from credentials where credentials.id = audit.subject_id),
  (select environment from registrations where registrations.id = audit.subject_id),
  (select environment from issuers where issuers.id = audit.subject_id))`
