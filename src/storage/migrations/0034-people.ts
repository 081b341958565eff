import { type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/**
 * Operators have a role, organizations a status, and sessions say how and when they were last used. The table of
 * verifications has never had a row.
 */
export async function up(database: Kysely<Schema>): Promise<void> {
  const { schema } = database
  await schema.alterTable('users').addColumn('operator_role', 'text').execute()
  await sql`update users set operator_role = 'operator' where is_operator = 1`.execute(database)
  await schema.alterTable('users').dropColumn('is_operator').execute()
  await schema
    .alterTable('organizations')
    .addColumn('status', 'text', (column) => column.notNull().defaultTo('active'))
    .execute()
  await schema.dropTable('verifications').execute()
}
