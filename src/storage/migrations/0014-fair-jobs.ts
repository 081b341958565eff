import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/**
 * The owner of each job, the turns in each kind, and which jobs failed permanently; the used part of each
 * organization's budgets; withheld emails; and indexes for the scheduled tasks that delete rows.
 */
export async function up(db: Kysely<Schema>): Promise<void> {
  const required = (column: ColumnDefinitionBuilder) => column.notNull()
  const nothing = (column: ColumnDefinitionBuilder) => column.notNull().defaultTo('')
  await db.schema.alterTable('jobs').addColumn('owner', 'text', nothing).execute()
  await db.schema.alterTable('jobs').addColumn('given_up_at', 'bigint').execute()
  await db.schema.alterTable('outbox').addColumn('withheld', 'text').execute()
  await db.schema
    .createTable('job_turns')
    .addColumn('kind', 'text', required)
    .addColumn('owner', 'text', required)
    .addColumn('turn', 'bigint', required)
    .addPrimaryKeyConstraint('job_turns_key', ['kind', 'owner'])
    .execute()
  await sql`insert into job_turns (kind, owner, turn) select distinct kind, owner, 0 from jobs`.execute(db)
  await db.schema
    .createTable('budgets')
    .addColumn('subject', 'text', required)
    .addColumn('start', 'bigint', required)
    .addColumn('spent', 'bigint', required)
    .addPrimaryKeyConstraint('budgets_key', ['subject', 'start'])
    .execute()
  const indexes: [name: string, table: string, columns: string[]][] = [
    ['jobs_owner', 'jobs', ['kind', 'owner', 'run_at']],
    ['jobs_given_up', 'jobs', ['given_up_at']],
    ['job_turns_next', 'job_turns', ['kind', 'turn']],
    ['budgets_start', 'budgets', ['start']],
    ['outbox_created', 'outbox', ['created_at']],
    ['mailbox_received', 'mailbox', ['received_at']],
    ['sessions_expires', 'sessions', ['expires_at']],
    ['verifications_expires', 'verifications', ['expires_at']],
    ['registrations_expires', 'registrations', ['expires_at']],
  ]
  for (const [name, table, columns] of indexes)
    await db.schema.createIndex(name).on(table).columns(columns).execute()
}
