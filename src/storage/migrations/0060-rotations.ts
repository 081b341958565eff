import type { ColumnDefinitionBuilder, Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** When old certificates are to be retired, and since when the gateways report without a gap. */
export async function up({ schema }: Kysely<Schema>): Promise<void> {
  const required = (column: ColumnDefinitionBuilder) => column.notNull()
  await schema
    .createTable('retirement_plans')
    .addColumn('certificate_id', 'text', (column) =>
      column.primaryKey().notNull().references('certificates.id'),
    )
    .addColumn('mode', 'text', required)
    .addColumn('retire_at', 'bigint')
    .addColumn('held_since', 'bigint')
    .addColumn('updated_at', 'bigint', required)
    .addColumn('updated_by', 'text', required)
    .addColumn('updated_by_ref', 'text', required)
    .execute()
  await schema
    .createTable('gateway_watches')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('since', 'bigint', required)
    .addColumn('seen_at', 'bigint', required)
    .addColumn('reason', 'text', required)
    .addColumn('rejected_rows', 'bigint', required)
    .execute()
}
