import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'
import { isPostgres } from '../engine.ts'
import type { Schema } from '../schema.ts'

/** The requests that were sent with an idempotency key, what they changed, and their answers. */
export async function up(database: Kysely<Schema>): Promise<void> {
  const bytes = isPostgres(database) ? sql`bytea` : sql`blob`
  const required = (column: ColumnDefinitionBuilder) => column.notNull()
  await database.schema
    .createTable('idempotency_keys')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('principal', 'text', required)
    .addColumn('fingerprint', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('claim', 'text')
    .addColumn('claimed_at', 'bigint', required)
    .addColumn('subject_id', 'text')
    .addColumn('secrets', bytes)
    .addColumn('answer', bytes)
    .addColumn('octets', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute()
  await sql`create index idempotency_keys_principal on idempotency_keys (principal, created_at, octets)`.execute(
    database,
  )
  await sql`create index idempotency_keys_created on idempotency_keys (created_at)`.execute(database)
}
