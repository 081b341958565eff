import { type Kysely, sql } from 'kysely'

/** The status of the gateway processes, and when each of them applied a revocation. */
export async function up(database: Kysely<unknown>): Promise<void> {
  const whole = 'bigint'
  const gateways = () => database.schema.alterTable('gateways')
  await gateways()
    .addColumn('host', 'text', (c) => c.notNull().defaultTo(''))
    .execute()
  await gateways()
    .addColumn('release', 'text', (c) => c.notNull().defaultTo(''))
    .execute()
  for (const count of ['connections', 'handshakes', 'answers'])
    await gateways()
      .addColumn(count, whole, (c) => c.notNull().defaultTo(sql`0`))
      .execute()
  await gateways().addColumn('stopped_at', whole).execute()
  await database.schema
    .createTable('enforcements')
    .addColumn('certificate_id', 'text', (c) => c.notNull().references('certificates.id'))
    .addColumn('gateway_id', 'text', (c) => c.notNull())
    .addColumn('at', whole, (c) => c.notNull())
    .addColumn('connections', whole, (c) => c.notNull())
    .addPrimaryKeyConstraint('enforcements_key', ['certificate_id', 'gateway_id'])
    .execute()
}
