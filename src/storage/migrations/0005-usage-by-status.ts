import { type Kysely, sql } from 'kysely'

const whole = 'bigint'
const counts = ['handshakes', 'ok', 'redirects', 'client_errors', 'server_errors', 'refusals']

/**
 * Usage of a certificate by minute, hour and day, by status, TLS version and address, in place of calls by
 * hour.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  let usage = database.schema
    .createTable('usage')
    .addColumn('certificate_id', 'text', (c) => c.notNull().references('certificates.id'))
    .addColumn('grain', 'text', (c) => c.notNull())
    .addColumn('start', whole, (c) => c.notNull())
  for (const count of counts) usage = usage.addColumn(count, whole, (c) => c.notNull().defaultTo(sql`0`))
  await usage.addPrimaryKeyConstraint('usage_key', ['certificate_id', 'grain', 'start']).execute()
  await database.schema.createIndex('usage_age').on('usage').columns(['grain', 'start']).execute()
  await sql`insert into usage (certificate_id, grain, start, ok, refusals)
    select certificate_id, 'hour', hour, calls, refusals from usage_hours`.execute(database)
  await database.schema.dropTable('usage_hours').execute()

  await database.schema
    .createTable('usage_facets')
    .addColumn('certificate_id', 'text', (c) => c.notNull().references('certificates.id'))
    .addColumn('day', whole, (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('value', 'text', (c) => c.notNull())
    .addColumn('count', whole, (c) => c.notNull())
    .addColumn('last_at', whole, (c) => c.notNull())
    .addPrimaryKeyConstraint('usage_facets_key', ['certificate_id', 'day', 'kind', 'value'])
    .execute()
  await database.schema.createIndex('usage_facets_age').on('usage_facets').column('day').execute()
  await database.schema
    .alterTable('gateways')
    .addColumn('last_batch', whole, (c) => c.notNull().defaultTo(sql`0`))
    .execute()
}
