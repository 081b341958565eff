import { type Kysely, sql } from 'kysely'
import { isPostgres } from '../engine.ts'
import type { Schema } from '../schema.ts'

/**
 * Calendar feeds of members, and how often what they say of a certificate has changed; the button of an email, and the
 * contacts who were asked whether they want emails.
 */
export async function up(database: Kysely<Schema>): Promise<void> {
  const { schema } = database
  await schema
    .createTable('calendar_feeds')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('organization_id', 'text', (c) => c.notNull().references('organizations.id'))
    .addColumn('environment', 'text', (c) => c.notNull())
    .addColumn('member_id', 'text', (c) => c.notNull())
    .addColumn('token_sha256', 'text', (c) => c.notNull().unique())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('last_read_at', 'bigint')
    .execute()
  await sql`create index calendar_feeds_list on calendar_feeds (organization_id, id)`.execute(database)
  await sql`create index calendar_feeds_member on calendar_feeds (member_id)`.execute(database)
  await schema
    .createTable('calendar_events')
    .addColumn('certificate_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('sequence', 'bigint', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull())
    .addColumn('changed_at', 'bigint', (c) => c.notNull())
    .addColumn('ends_at', 'bigint', (c) => c.notNull())
    .execute()
  await sql`create index calendar_events_age on calendar_events (ends_at)`.execute(database)
  await schema.alterTable('outbox').addColumn('action', 'text').execute()
  await schema
    .createTable('mail_contacts')
    .addColumn('organization_id', 'text', (c) => c.notNull().references('organizations.id'))
    .addColumn('address', 'text', (c) => c.notNull())
    .addColumn('token_sha256', 'text', (c) => c.notNull().unique())
    .addColumn('asked_at', 'bigint', (c) => c.notNull())
    .addColumn('confirmed_at', 'bigint')
    .addColumn('questions', 'integer', (c) => c.notNull().defaultTo(1))
    .addPrimaryKeyConstraint('mail_contacts_key', ['organization_id', 'address'])
    .execute()
  await sql`create index mail_contacts_age on mail_contacts (asked_at)`.execute(database)
  // A restore must not bring back an address that was deleted.
  for (const statement of isPostgres(database) ? postgresTrigger : sqliteTrigger)
    await sql.raw(statement).execute(database)
}

const sqliteTrigger = [
  `create trigger calendar_feeds_journal_delete after delete on calendar_feeds begin
    insert into journal (table_name, row_key, at)
      values ('calendar_feeds', old.id, cast(unixepoch('subsec') * 1000 as integer));
  end`,
]
const postgresTrigger = [
  `create or replace function calendar_feeds_journal_delete() returns trigger language plpgsql as $$ begin
    insert into journal (table_name, row_key, at)
      values ('calendar_feeds', old.id, (extract(epoch from clock_timestamp()) * 1000)::bigint);
    return null;
  end $$`,
  `create trigger calendar_feeds_journal_delete after delete on calendar_feeds
    for each row execute function calendar_feeds_journal_delete()`,
]
