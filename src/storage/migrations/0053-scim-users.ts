import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'
import { isPostgres } from '../engine.ts'
import type { Schema } from '../schema.ts'

/** The users that the identity provider of an organization provisions over SCIM. */
export async function up(database: Kysely<Schema>): Promise<void> {
  const required = (column: ColumnDefinitionBuilder) => column.notNull()
  await database.schema
    .createTable('scim_users')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('organization_id', 'text', (column) =>
      column.notNull().references('organizations.id').onDelete('cascade'),
    )
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('user_name', 'text', required)
    .addColumn('user_name_key', 'text', required)
    .addColumn('external_id', 'text')
    .addColumn('address', 'text', required)
    .addColumn('profile', 'text', required)
    .addColumn('roles', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('updated_at', 'bigint', required)
    .execute()
  const unique = (name: string, column: 'user_id' | 'user_name_key' | 'external_id') =>
    database.schema.createIndex(name).unique().on('scim_users').columns(['organization_id', column]).execute()
  await unique('scim_users_user', 'user_id')
  await unique('scim_users_name', 'user_name_key')
  await unique('scim_users_external_id', 'external_id')
  const index = (name: string, columns: string[]) =>
    database.schema.createIndex(name).on('scim_users').columns(columns).execute()
  await index('scim_users_list', ['organization_id', 'id'])
  await index('scim_users_address', ['organization_id', 'address'])
  await index('scim_users_of_user', ['user_id'])
  for (const statement of isPostgres(database) ? postgresTrigger : sqliteTrigger)
    await sql.raw(statement).execute(database)
}

/** What a provider has deleted must not come back by a restore: the journal of `0049-backups.ts` names it. */
const sqliteTrigger = [
  `create trigger scim_users_journal_delete after delete on scim_users begin
    insert into journal (table_name, row_key, at)
      values ('scim_users', old.id, cast(unixepoch('subsec') * 1000 as integer));
  end`,
]
const postgresTrigger = [
  `create or replace function scim_users_journal_delete() returns trigger language plpgsql as $$ begin
    insert into journal (table_name, row_key, at)
      values ('scim_users', old.id, (extract(epoch from clock_timestamp()) * 1000)::bigint);
    return null;
  end $$`,
  `create trigger scim_users_journal_delete after delete on scim_users
    for each row execute function scim_users_journal_delete()`,
]
