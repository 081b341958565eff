import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'
import { isPostgres } from '../engine.ts'
import type { Schema } from '../schema.ts'

const required = (column: ColumnDefinitionBuilder) => column.notNull()
const counter = (column: ColumnDefinitionBuilder) => column.notNull().defaultTo(0)
const ofWebhook = (column: ColumnDefinitionBuilder) =>
  column.notNull().references('webhooks.id').onDelete('cascade')

/** Webhooks, their sealed secrets and their deliveries, and how far the audit log was read for them. */
export async function up(database: Kysely<Schema>): Promise<void> {
  await createWebhooks(database)
  await createDeliveries(database)
  await database.schema
    .createTable('webhook_cursors')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('sequence', 'bigint', required)
    .execute()
  // First uses are looked up by organization.
  await sql`create index certificates_first_use on certificates (organization_id, first_used_at)
    where first_used_at is not null`.execute(database)
  for (const { table, on, of } of watched)
    for (const statement of (isPostgres(database) ? postgresTrigger : sqliteTrigger)(table, on, of))
      await sql.raw(statement).execute(database)
}

async function createWebhooks({ schema }: Kysely<Schema>): Promise<void> {
  await schema
    .createTable('webhooks')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('organization_id', 'text', (column) =>
      column.notNull().references('organizations.id').onDelete('cascade'),
    )
    .addColumn('name', 'text', required)
    .addColumn('url', 'text', required)
    .addColumn('environment', 'text')
    .addColumn('event_types', 'text', required)
    .addColumn('disabled_reason', 'text')
    .addColumn('after_sequence', 'bigint', required)
    .addColumn('failing_since', 'bigint')
    .addColumn('failures', 'integer', counter)
    .addColumn('last_attempt_at', 'bigint')
    .addColumn('last_delivered_at', 'bigint')
    .addColumn('dropped_events', 'integer', counter)
    .addColumn('dropped_at', 'bigint')
    .addColumn('told_dropped_at', 'bigint')
    .addColumn('created_at', 'bigint', required)
    .addColumn('created_by', 'text', required)
    .addColumn('created_by_ref', 'text', required)
    .execute()
  await schema
    .createIndex('webhooks_list')
    .on('webhooks')
    .columns(['organization_id', 'created_at', 'id'])
    .execute()
}

async function createDeliveries(database: Kysely<Schema>): Promise<void> {
  const { schema } = database
  await schema
    .createTable('webhook_secrets')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('webhook_id', 'text', ofWebhook)
    .addColumn('sealed', isPostgres(database) ? sql`bytea` : sql`blob`, required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('expires_at', 'bigint')
    .execute()
  await schema.createIndex('webhook_secrets_list').on('webhook_secrets').column('webhook_id').execute()
  await schema
    .createTable('webhook_deliveries')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('webhook_id', 'text', ofWebhook)
    .addColumn('event_id', 'text', required)
    .addColumn('event_type', 'text', required)
    .addColumn('event_at', 'bigint', required)
    .addColumn('payload', 'text', required)
    .addColumn('status', 'text', required)
    .addColumn('attempts', 'integer', counter)
    .addColumn('due_at', 'bigint')
    .addColumn('expires_at', 'bigint', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('last_attempt_at', 'bigint')
    .addColumn('response_status', 'integer')
    .addColumn('response_body', 'text')
    .addColumn('duration_milliseconds', 'integer')
    .addColumn('error', 'text')
    .execute()
  const index = (name: string, columns: string[]) =>
    schema.createIndex(name).on('webhook_deliveries').columns(columns)
  // What is told twice is queued once.
  await index('webhook_deliveries_event', ['webhook_id', 'event_id']).unique().execute()
  await index('webhook_deliveries_list', ['webhook_id', 'created_at', 'id']).execute()
  await index('webhook_deliveries_status', ['webhook_id', 'status', 'created_at', 'id']).execute()
  await index('webhook_deliveries_due', ['webhook_id', 'due_at']).execute()
  await index('webhook_deliveries_next', ['due_at']).execute()
  await index('webhook_deliveries_age', ['created_at']).execute()
}

/** What a restore must not take back: the journal of `0049-backups.ts` names it. */
const watched = [
  { table: 'webhooks', on: 'update', of: 'url, environment, event_types, disabled_reason' },
  { table: 'webhooks', on: 'delete', of: undefined },
  { table: 'webhook_secrets', on: 'insert', of: undefined },
  { table: 'webhook_secrets', on: 'update', of: 'expires_at' },
  { table: 'webhook_secrets', on: 'delete', of: undefined },
] as const

type Watched = (typeof watched)[number]

const eventOf = (on: Watched['on'], of: Watched['of']) => (of === undefined ? on : `update of ${of}`)

const sqliteTrigger = (table: string, on: Watched['on'], of: Watched['of']) => [
  `create trigger ${table}_journal_${on} after ${eventOf(on, of)} on ${table} begin
    insert into journal (table_name, row_key, at)
      values ('${table}', ${on === 'delete' ? 'old' : 'new'}.id, cast(unixepoch('subsec') * 1000 as integer));
  end`,
]

const postgresTrigger = (table: string, on: Watched['on'], of: Watched['of']) => [
  `create or replace function ${table}_journal_${on}() returns trigger language plpgsql as $$ begin
    insert into journal (table_name, row_key, at)
      values ('${table}', ${on === 'delete' ? 'old' : 'new'}.id, (extract(epoch from clock_timestamp()) * 1000)::bigint);
    return null;
  end $$`,
  `create trigger ${table}_journal_${on} after ${eventOf(on, of)} on ${table}
    for each row execute function ${table}_journal_${on}()`,
]
