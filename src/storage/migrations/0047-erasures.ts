import { type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/**
 * Erasures of people; and rows of the audit log that can be redacted: with a salt, and with the hash of what was written
 * once their content is another.
 */
export async function up(database: Kysely<Schema>): Promise<void> {
  const whole = 'bigint'
  await database.schema.alterTable('audit').addColumn('salt', 'text').execute()
  await database.schema.alterTable('audit').addColumn('written_sha256', 'text').execute()
  await database.schema.alterTable('audit').addColumn('redacted_by', whole).execute()
  await database.schema
    .createTable('erasures')
    .addColumn('user_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('requested_at', whole, (c) => c.notNull())
    .addColumn('texts', 'text')
    .addColumn('sweep', 'integer', (c) => c.notNull())
    .addColumn('step', 'integer', (c) => c.notNull())
    .addColumn('after_key', 'text', (c) => c.notNull())
    .addColumn('audit_after', whole, (c) => c.notNull())
    .addColumn('redacted_rows', 'integer', (c) => c.notNull())
    .addColumn('due_at', whole, (c) => c.notNull())
    .addColumn('finished_at', whole)
    .execute()
  await sql`create index erasures_due on erasures (due_at) where finished_at is null`.execute(database)
}
