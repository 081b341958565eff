import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'
import { isPostgres } from '../engine.ts'
import type { Schema } from '../schema.ts'

const required = (column: ColumnDefinitionBuilder) => column.notNull()

/**
 * The client certificates that deliveries present, with their sealed keys, the CAs that issue those of Postern, the CAs
 * of endpoints, and how long an endpoint has asked to be left alone.
 */
export async function up(database: Kysely<Schema>): Promise<void> {
  const { schema } = database
  await schema.alterTable('webhooks').addColumn('server_ca', 'text').execute()
  await schema.alterTable('webhooks').addColumn('paused_until', 'bigint').execute()
  await schema.alterTable('webhook_deliveries').addColumn('client_certificate_id', 'text').execute()
  await createTables(database)
  for (const { name, table, event } of watched)
    for (const statement of (isPostgres(database) ? postgresTrigger : sqliteTrigger)(name, table, event))
      await sql.raw(statement).execute(database)
}

async function createTables(database: Kysely<Schema>): Promise<void> {
  const { schema } = database
  const octets = isPostgres(database) ? sql`bytea` : sql`blob`
  await schema
    .createTable('outgoing_cas')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('certificate_der', octets, required)
    .addColumn('sealed_key', octets, required)
    .addColumn('not_after', 'bigint', required)
    .addColumn('created_at', 'bigint', required)
    .execute()
  await schema
    .createTable('webhook_client_certificates')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('webhook_id', 'text', (column) =>
      column.notNull().references('webhooks.id').onDelete('cascade'),
    )
    .addColumn('issuer', 'text', required)
    .addColumn('sealed_key', octets, required)
    .addColumn('request_der', octets)
    .addColumn('chain', 'text')
    .addColumn('not_before', 'bigint')
    .addColumn('not_after', 'bigint')
    .addColumn('live_from', 'bigint')
    .addColumn('letter_at', 'bigint')
    .addColumn('created_at', 'bigint', required)
    .addColumn('created_by', 'text', required)
    .addColumn('created_by_ref', 'text', required)
    .execute()
  for (const index of [
    'webhook_client_certificates_of on webhook_client_certificates (webhook_id)',
    'webhook_client_certificates_end on webhook_client_certificates (not_after)',
    'webhook_client_certificates_letter on webhook_client_certificates (letter_at) where letter_at is not null',
    `webhook_deliveries_presented on webhook_deliveries (webhook_id, last_attempt_at)
      where client_certificate_id is not null`,
  ])
    await sql.raw(`create index ${index}`).execute(database)
}

/**
 * What a restore must not take back: the journal of `0049-backups.ts` names it. The CA of an endpoint is written with its
 * URL, which the trigger of `0063-webhooks.ts` watches.
 */
const watched = [
  { name: 'insert', table: 'outgoing_cas', event: 'insert' },
  { name: 'insert', table: 'webhook_client_certificates', event: 'insert' },
  { name: 'update', table: 'webhook_client_certificates', event: 'update of chain, live_from' },
  { name: 'delete', table: 'webhook_client_certificates', event: 'delete' },
] as const

const keyOf = (event: string) => (event === 'delete' ? 'old.id' : 'new.id')

const sqliteTrigger = (name: string, table: string, event: string) => [
  `create trigger ${table}_journal_${name} after ${event} on ${table} begin
    insert into journal (table_name, row_key, at)
      values ('${table}', ${keyOf(event)}, cast(unixepoch('subsec') * 1000 as integer));
  end`,
]

const postgresTrigger = (name: string, table: string, event: string) => [
  `create or replace function ${table}_journal_${name}() returns trigger language plpgsql as $$ begin
    insert into journal (table_name, row_key, at)
      values ('${table}', ${keyOf(event)}, (extract(epoch from clock_timestamp()) * 1000)::bigint);
    return null;
  end $$`,
  `create trigger ${table}_journal_${name} after ${event} on ${table}
    for each row execute function ${table}_journal_${name}()`,
]
