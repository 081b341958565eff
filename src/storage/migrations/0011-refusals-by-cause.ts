import { type Kysely, sql } from 'kysely'

/**
 * Denied requests of all organizations and unattributed ones: counted by cause, and indexed among all events.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('refusal_hours')
    .addColumn('hour', 'bigint', (c) => c.notNull())
    .addColumn('environment', 'text', (c) => c.notNull())
    .addColumn('organization_id', 'text', (c) => c.notNull())
    .addColumn('code', 'text', (c) => c.notNull())
    .addColumn('count', 'bigint', (c) => c.notNull())
    .addColumn('last_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('refusal_hours_pk', ['hour', 'environment', 'organization_id', 'code'])
    .execute()
  await sql`create index activity_refused on activity (sequence) where outcome = 'refused'`.execute(database)
  await sql`create index activity_cause on activity (code, sequence) where outcome = 'refused'`.execute(
    database,
  )
}
