import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'
import { isPostgres } from '../engine.ts'
import type { Schema } from '../schema.ts'

/** What other CAs say of the certificates that they issued: what is asked, and what came of it. */
export async function up(database: Kysely<Schema>): Promise<void> {
  const bytes = isPostgres(database) ? sql`bytea` : sql`blob`
  const required = (column: ColumnDefinitionBuilder) => column.notNull()
  await database.schema
    .createTable('external_statuses')
    .addColumn('certificate_id', 'text', (c) =>
      c.primaryKey().references('certificates.id').onDelete('cascade'),
    )
    .addColumn('described_at', 'bigint', required)
    .addColumn('expected_links', 'integer', required)
    .addColumn('is_askable', 'integer', required)
    .addColumn('revoked_at', 'bigint')
    .addColumn('revoked_reason', 'text')
    .addColumn('revoked_by', 'text')
    .addColumn('revoked_subject', 'text')
    .execute()
  await database.schema
    .createTable('external_checks')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('issuer_id', 'text', required)
    .addColumn('organization_id', 'text', required)
    .addColumn('kind', 'text', required)
    .addColumn('host', 'text', required)
    .addColumn('urls', 'text', required)
    .addColumn('issuer', 'text', required)
    .addColumn('issuer_der', bytes, required)
    .addColumn('serial_number', 'text')
    .addColumn('is_of_authorities', 'integer', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('confirmed_until', 'bigint')
    .addColumn('this_update', 'bigint')
    .addColumn('answered_at', 'bigint')
    .addColumn('asked_at', 'bigint')
    .addColumn('failing_since', 'bigint')
    .addColumn('failures', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('problem', 'text')
    .addColumn('next_at', 'bigint')
    .execute()
  await sql`create index external_checks_due on external_checks (next_at) where next_at is not null`.execute(
    database,
  )
  await database.schema
    .createTable('external_links')
    .addColumn('certificate_id', 'text', (c) => c.notNull().references('certificates.id').onDelete('cascade'))
    .addColumn('check_id', 'text', (c) => c.notNull().references('external_checks.id').onDelete('cascade'))
    .addColumn('depth', 'integer', required)
    .addColumn('serial_number', 'text', required)
    .addColumn('subject', 'text', required)
    .addColumn('looked_at', 'bigint')
    .addPrimaryKeyConstraint('external_links_pk', ['certificate_id', 'check_id'])
    .execute()
  await sql`create index external_links_check on external_links (check_id)`.execute(database)
}
