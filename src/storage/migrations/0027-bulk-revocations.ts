import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/** Bulk revocations and dry runs of them, each with its certificates. */
export async function up(database: Kysely<Schema>): Promise<void> {
  const required = (column: ColumnDefinitionBuilder) => column.notNull()
  await database.schema
    .createTable('bulk_revocations')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('state', 'text', required)
    .addColumn('selection', 'text', required)
    .addColumn('reason', 'text', required)
    .addColumn('matching', 'bigint', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('created_by', 'text', required)
    .addColumn('finished_at', 'bigint')
    .execute()
  await database.schema
    .createTable('bulk_revocation_certificates')
    .addColumn('bulk_revocation_id', 'text', (column) =>
      column.notNull().references('bulk_revocations.id').onDelete('cascade'),
    )
    .addColumn('certificate_id', 'text', (column) => column.notNull().references('certificates.id'))
    .addColumn('outcome', 'text')
    .addColumn('settled_at', 'bigint')
    .addPrimaryKeyConstraint('bulk_revocation_certificates_key', ['bulk_revocation_id', 'certificate_id'])
    .execute()
  await sql`create index bulk_revocation_certificates_waiting
    on bulk_revocation_certificates (bulk_revocation_id, certificate_id) where outcome is null`.execute(
    database,
  )
  await sql`create index bulk_revocations_created on bulk_revocations (state, created_at)`.execute(database)
}
