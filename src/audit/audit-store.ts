import type { Database } from '../storage/database.ts'
import { decodeCursor, type Page, toPage } from '../storage/page.ts'

/** One row of the audit log as its readers see it. */
export interface AuditRecord {
  at: number
  action: string
  actorName: string
  origin: string
  before: Record<string, unknown> | undefined
  after: Record<string, unknown> | undefined
}

/** Reads the audit log. It is written by `recordAudit`, in the transaction of each change. */
export function createAuditStore({ queries }: Database) {
  return {
    /** The rows about one thing of one organization, newest first. */
    async listAbout(
      organizationId: string,
      subjectId: string,
      { cursor, limit }: { cursor?: string | undefined; limit: number },
    ): Promise<Page<AuditRecord>> {
      let query = queries
        .selectFrom('audit')
        .selectAll()
        .where('organization_id', '=', organizationId)
        .where('subject_id', '=', subjectId)
        .orderBy('sequence', 'desc')
        .limit(limit + 1)
      if (cursor !== undefined) query = query.where('sequence', '<', Number(decodeCursor(cursor, 1)[0]))
      return toPage(
        await query.execute(),
        limit,
        (row) => [row.sequence],
        (row) => ({
          at: row.at,
          action: row.action,
          actorName: row.actor_name,
          origin: row.origin,
          before: row.before === null ? undefined : JSON.parse(row.before),
          after: row.after === null ? undefined : JSON.parse(row.after),
        }),
      )
    },
  }
}
