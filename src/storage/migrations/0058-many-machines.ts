import type { ColumnDefinitionBuilder, Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/**
 * What several portals and gateways share: failed attempts to prove a secret, the uses that each process reports for the
 * limits of the deployment, and the lease of the portal that does the scheduled tasks.
 */
export async function up({ schema }: Kysely<Schema>): Promise<void> {
  const required = (column: ColumnDefinitionBuilder) => column.notNull()
  const key = (column: ColumnDefinitionBuilder) => column.primaryKey().notNull()
  await schema
    .createTable('failed_attempts')
    .addColumn('subject', 'text', key)
    .addColumn('failures', 'double precision', required)
    .addColumn('at', 'bigint', required)
    .addColumn('over_at', 'bigint', required)
    .execute()
  await schema.createIndex('failed_attempts_over').on('failed_attempts').column('over_at').execute()
  for (const table of ['portal_uses', 'gateway_uses'] as const)
    await schema
      .createTable(table)
      .addColumn('process', 'text', key)
      .addColumn('began_at', 'bigint', required)
      .addColumn('seen_at', 'bigint', required)
      .addColumn('uses', 'text', required)
      .execute()
  await schema
    .createTable('task_leases')
    .addColumn('name', 'text', key)
    .addColumn('holder', 'text', required)
    .addColumn('beat', 'bigint', required)
    .execute()
}
