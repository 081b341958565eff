import { type Kysely, sql } from 'kysely'

const thirtyDays = 30 * 86_400_000

/** When each draft ends on its own, and an index of the drafts by that time. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await database.schema.alterTable('certificates').addColumn('draft_ends_at', 'bigint').execute()
  await sql`update certificates set draft_ends_at = created_at + ${sql.lit(thirtyDays)}
    where status = 'draft'`.execute(database)
  await sql`create index certificates_draft_ends on certificates (draft_ends_at, id)
    where status = 'draft'`.execute(database)
}
