import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'
import { isPostgres } from '../engine.ts'
import type { Schema } from '../schema.ts'

/**
 * The plans by which organizations leave the certificates of other CAs, and the issuer and the purpose of each of these
 * certificates. A restore must not take an end back: the journal of `0049-backups.ts` names each changed plan.
 */
export async function up(database: Kysely<Schema>): Promise<void> {
  const required = (column: ColumnDefinitionBuilder) => column.notNull()
  for (const column of ['external_issuer', 'external_purpose'])
    await database.schema.alterTable('certificates').addColumn(column, 'text').execute()
  await sql`create index certificates_external on certificates (organization_id, environment, status, not_after)
    where source <> 'postern'`.execute(database)
  await sql`create index certificates_undescribed on certificates (id)
    where source <> 'postern' and external_purpose is null and certificate_der is not null`.execute(database)
  await database.schema
    .createTable('migration_plans')
    .addColumn('organization_id', 'text', (c) => c.notNull().references('organizations.id'))
    .addColumn('environment', 'text', required)
    .addColumn('deadline', 'bigint')
    .addColumn('planned_at', 'bigint')
    .addColumn('ends_at', 'bigint')
    .addColumn('accepted_denied', 'bigint')
    .addColumn('postponed_since', 'bigint')
    .addColumn('reminded_days', 'integer')
    .addColumn('exception_until', 'bigint')
    .addColumn('message', 'text', required)
    .addColumn('next_step_at', 'bigint')
    .addColumn('updated_at', 'bigint', required)
    .addColumn('updated_by', 'text', required)
    .addColumn('updated_by_ref', 'text', required)
    .addPrimaryKeyConstraint('migration_plans_pk', ['organization_id', 'environment'])
    .execute()
  await sql`create index migration_plans_due on migration_plans (next_step_at) where next_step_at is not null`.execute(
    database,
  )
  for (const statement of isPostgres(database) ? postgresTriggers : sqliteTriggers)
    await sql.raw(statement).execute(database)
}

const key = "new.organization_id || ' ' || new.environment"
const events = { insert: 'insert', update: 'update of deadline, ends_at, exception_until' }

const sqliteTriggers = Object.entries(events).map(
  ([name, event]) => `create trigger migration_plans_journal_${name} after ${event} on migration_plans begin
    insert into journal (table_name, row_key, at)
      values ('migration_plans', ${key}, cast(unixepoch('subsec') * 1000 as integer));
  end`,
)
const postgresTriggers = [
  `create or replace function migration_plans_journal() returns trigger language plpgsql as $$ begin
    insert into journal (table_name, row_key, at)
      values ('migration_plans', ${key}, (extract(epoch from clock_timestamp()) * 1000)::bigint);
    return null;
  end $$`,
  ...Object.entries(events).map(
    ([name, event]) => `create trigger migration_plans_journal_${name} after ${event} on migration_plans
      for each row execute function migration_plans_journal()`,
  ),
]
