import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/** Replaced certificates whose overlap has ended and that were still used then, and how those past it are found. */
export async function up(database: Kysely<Schema>): Promise<void> {
  const required = (column: ColumnDefinitionBuilder) => column.notNull()
  await database.schema
    .createTable('overlap_holds')
    .addColumn('certificate_id', 'text', (column) =>
      column.primaryKey().notNull().references('certificates.id'),
    )
    .addColumn('ends_at', 'bigint', required)
    .addColumn('since', 'bigint', required)
    .execute()
  await sql`create index certificates_overlap on certificates (environment, replaced_at, id)
    where status = 'issued' and replaced_at is not null`.execute(database)
}
