import { type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/**
 * Lists the members of an organization in their order by an index, however many there are; and keeps when a user was last
 * seen beyond the end of the sessions.
 */
export async function up(database: Kysely<Schema>): Promise<void> {
  await sql`create index members_list on members (organization_id, id)`.execute(database)
  await database.schema.alterTable('users').addColumn('last_seen_at', 'text').execute()
  await sql`update users set last_seen_at =
    (select max(updated_at) from sessions where sessions.user_id = users.id)`.execute(database)
}
