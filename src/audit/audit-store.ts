import { sql } from 'kysely'
import type { Database } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import { type ChainEnd, type ChainedRow, chainStart } from './audit-chain.ts'
import type { AuditRecord } from './to-change-event.ts'

interface PageRequest {
  cursor?: string | undefined
  limit: number
}

const paging = createPaging('audit', [cursorParts.number])

/** Creates the store that reads the audit log. `recordAudit` writes it, in the transaction of each change. */
export function createAuditStore({ queries }: Database) {
  const rows = (cursor: string | undefined, limit: number) => {
    const newest = queries
      .selectFrom('audit')
      .leftJoin('organizations', 'organizations.id', 'audit.organization_id')
      .selectAll('audit')
      .select(['organizations.slug as organization', subjectName.as('subject_name')])
      .select(subjectEnvironment.as('environment'))
      .orderBy('audit.sequence', 'desc')
      .limit(limit + 1)
    const from = paging.findPosition(cursor)
    return from === undefined ? newest : newest.where('audit.sequence', '<', from[0])
  }
  return {
    /** Lists the rows about one subject of one organization, newest first. */
    async listAbout(
      organizationId: string,
      subjectId: string,
      { cursor, limit }: PageRequest,
    ): Promise<Page<AuditRecord>> {
      const found = await rows(cursor, limit)
        .where('audit.organization_id', '=', organizationId)
        .where('audit.subject_id', '=', subjectId)
        .execute()
      return paging.toPage(found, limit, ({ sequence }) => [sequence], toRecord)
    },

    /** Lists all rows, or those of one organization if its slug is given, newest first. */
    async list({
      cursor,
      limit,
      organization,
    }: PageRequest & { organization?: string | undefined }): Promise<Page<AuditRecord>> {
      let query = rows(cursor, limit)
      if (organization !== undefined) query = query.where('organizations.slug', '=', organization)
      return paging.toPage(await query.execute(), limit, ({ sequence }) => [sequence], toRecord)
    },

    /** Lists the numbers of the rows about one subject of one organization, in order. */
    async listSequences(organizationId: string, subjectId: string): Promise<number[]> {
      const found = await queries
        .selectFrom('audit')
        .select('sequence')
        .where('organization_id', '=', organizationId)
        .where('subject_id', '=', subjectId)
        .orderBy('sequence')
        .execute()
      return found.map(({ sequence }) => sequence)
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
  (select email from users where users.id = audit.subject_id),
  (select legal_name from organizations as named where named.id = audit.subject_id))`
const subjectEnvironment = sql<string | null>`coalesce(
  (select environment from certificates where certificates.id = audit.subject_id),
  (select environment from credentials where credentials.id = audit.subject_id),
  (select environment from registrations where registrations.id = audit.subject_id),
  (select environment from issuers where issuers.id = audit.subject_id))`
