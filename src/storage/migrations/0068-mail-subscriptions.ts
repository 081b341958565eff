import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'
import { isPostgres } from '../engine.ts'
import type { Schema } from '../schema.ts'

/**
 * Who does not want the emails of an organization that one may do without, the team address of each organization, and
 * the time zones in which emails have their dates. A restore must not take back that somebody unsubscribed.
 */
export async function up(database: Kysely<Schema>): Promise<void> {
  const { schema } = database
  const required = (column: ColumnDefinitionBuilder) => column.notNull()
  await schema
    .createTable('mail_subscriptions')
    .addColumn('token_sha256', 'text', (c) => c.primaryKey().notNull())
    .addColumn('organization_id', 'text', (c) => c.notNull().references('organizations.id'))
    .addColumn('address', 'text', required)
    .addColumn('last_written_at', 'bigint', required)
    .addColumn('unsubscribed_at', 'bigint')
    .execute()
  await schema
    .createTable('notification_settings')
    .addColumn('organization_id', 'text', (c) => c.primaryKey().notNull().references('organizations.id'))
    .addColumn('team_address', 'text')
    .addColumn('time_zone', 'text')
    .execute()
  for (const table of ['users', 'mail_contacts'])
    await schema.alterTable(table).addColumn('time_zone', 'text').execute()
  await schema
    .alterTable('outbox')
    .addColumn('may_unsubscribe', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
  await sql`create index mail_subscriptions_address on mail_subscriptions (organization_id, address)`.execute(
    database,
  )
  await sql`create index mail_subscriptions_age on mail_subscriptions (last_written_at)
    where unsubscribed_at is null`.execute(database)
  for (const statement of isPostgres(database) ? postgresTriggers : sqliteTriggers)
    await sql.raw(statement).execute(database)
}

const sqliteJournal = `begin
    insert into journal (table_name, row_key, at)
      values ('mail_subscriptions', new.token_sha256, cast(unixepoch('subsec') * 1000 as integer));
  end`
const isUnsubscribed = 'new.unsubscribed_at is not null'

const sqliteTriggers = [
  `create trigger mail_subscriptions_journal_insert after insert on mail_subscriptions
    when ${isUnsubscribed} ${sqliteJournal}`,
  `create trigger mail_subscriptions_journal_update after update of unsubscribed_at on mail_subscriptions
    ${sqliteJournal}`,
]
const postgresTriggers = [
  `create or replace function mail_subscriptions_journal() returns trigger language plpgsql as $$ begin
    insert into journal (table_name, row_key, at)
      values ('mail_subscriptions', new.token_sha256, (extract(epoch from clock_timestamp()) * 1000)::bigint);
    return null;
  end $$`,
  `create trigger mail_subscriptions_journal_insert after insert on mail_subscriptions
    for each row when (${isUnsubscribed}) execute function mail_subscriptions_journal()`,
  `create trigger mail_subscriptions_journal_update after update of unsubscribed_at on mail_subscriptions
    for each row execute function mail_subscriptions_journal()`,
]
