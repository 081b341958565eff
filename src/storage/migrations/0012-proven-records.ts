import { type Kysely, sql } from 'kysely'

/** Whether a client has proven its organization, its source address, and the write lag of a gateway. */
export async function up(database: Kysely<unknown>): Promise<void> {
  const zero = sql`0`
  await database.schema
    .alterTable('activity')
    .addColumn('proven', 'integer', (c) => c.notNull().defaultTo(zero))
    .execute()
  await database.schema
    .alterTable('activity')
    .addColumn('source', 'text', (c) => c.notNull().defaultTo(''))
    .execute()
  await sql`update activity set proven = 1 where certificate_id is not null`.execute(database)
  // Without a certificate, an allowed request had a secret or an access token.
  await sql`update activity set proven = 1 where organization_id is not null and outcome = 'ok'`.execute(
    database,
  )
  await sql`create index activity_without_certificate
    on activity (organization_id, environment, proven, sequence) where certificate_id is null`.execute(
    database,
  )
  await database.schema
    .alterTable('refusal_hours')
    .addColumn('unproven', 'bigint', (c) => c.notNull().defaultTo(zero))
    .execute()
  for (const count of ['lag_milliseconds', 'waiting_records', 'dropped_records', 'rejected_rows'])
    await database.schema
      .alterTable('gateways')
      .addColumn(count, 'bigint', (c) => c.notNull().defaultTo(zero))
      .execute()
}
