import type { Kysely } from 'kysely'

/** The public keys of clients that sign assertions (RFC 7523), and the used assertions. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await database.schema.alterTable('credentials').addColumn('jwks', 'text').execute()
  await database.schema
    .createTable('used_assertions')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute()
  await database.schema
    .createIndex('used_assertions_over')
    .on('used_assertions')
    .columns(['expires_at'])
    .execute()
}
