import type { Kysely } from 'kysely'

/**
 * The store keeps the hash of a session token in place of the token. Existing sessions end: users sign in
 * again.
 */
export async function up(database: Kysely<{ sessions: object }>): Promise<void> {
  await database.deleteFrom('sessions').execute()
  await database.schema.alterTable('sessions').renameColumn('token', 'token_sha256').execute()
}
