import { type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/**
 * Keeps which OpenID provider began a session: it opens the organization of the provider alone. Sessions that a provider
 * may have begun before end, since nothing says by which way they began. Older releases would open every organization to
 * such a session, so that they must not run on the store after it.
 */
export async function up(database: Kysely<Schema>): Promise<void> {
  await database.schema.alterTable('sessions').addColumn('signed_in_by', 'text').execute()
  await sql`delete from sessions where exists (select 1 from accounts
    where accounts.user_id = sessions.user_id and accounts.provider_id <> 'credential')`.execute(database)
}
