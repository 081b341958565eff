import { type Kysely, sql } from 'kysely'
import { isPostgres } from '../engine.ts'
import type { Schema } from '../schema.ts'

/** The key of an issuer may be in a token or offline; existing keys are sealed in the store. */
export async function up(db: Kysely<Schema>): Promise<void> {
  const bytes = isPostgres(db) ? sql`bytea` : sql`blob`
  await sql`alter table issuer_keys rename to sealed_issuer_keys`.execute(db)
  await db.schema
    .createTable('issuer_keys')
    .addColumn('issuer_id', 'text', (c) => c.notNull().references('issuers.id'))
    .addColumn('algorithm', 'text', (c) => c.notNull())
    .addColumn('location', 'text', (c) => c.notNull())
    .addColumn('sealed_key', bytes)
    .addColumn('token', 'text')
    .addColumn('token_key_id', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('issuer_key_locations_key', ['issuer_id'])
    .addCheckConstraint(
      'issuer_key_is_where_it_is_said_to_be',
      sql`(location = 'store') = (sealed_key is not null) and (location = 'pkcs11') = (token_key_id is not null)`,
    )
    .execute()
  await sql`insert into issuer_keys (issuer_id, algorithm, location, sealed_key, created_at)
    select issuer_id, algorithm, 'store', sealed_key, created_at from sealed_issuer_keys`.execute(db)
  await db.schema.dropTable('sealed_issuer_keys').execute()
}
