import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'
import { isPostgres } from '../engine.ts'
import type { Schema } from '../schema.ts'

const day = 86_400_000
const letterHour = 6 * 3_600_000
/** An expired certificate has its last step a week later. */
const lastStepMs = 8 * day

/** When the first step may be due: the last 06:00 UTC that is at least 90 days before the end. */
const firstStep = (end: string) => {
  const step = `(${end} - ${90 * day})`
  return `${step} - ((${step} - ${letterHour}) % ${day})`
}

const columns = 'id, kind, organization_id, not_after, began_at, due_at'
const newPlan = `insert into expiry_plans (${columns})
  values (new.id, 'certificate', new.organization_id, new.not_after, coalesce(new.issued_at, new.created_at),
    ${firstStep('new.not_after')})
  on conflict (id) do nothing;`
const isIssued = "new.status = 'issued' and new.not_after is not null"

const sqliteTriggers = [
  `create trigger certificates_planned_insert after insert on certificates when ${isIssued} begin ${newPlan} end`,
  `create trigger certificates_planned_update after update of status on certificates
    when ${isIssued} and old.status <> 'issued' begin ${newPlan} end`,
]
const postgresTriggers = [
  `create or replace function plan_expiry() returns trigger language plpgsql as $$ begin
    ${newPlan}
    return null;
  end $$`,
  `create trigger certificates_planned_insert after insert on certificates
    for each row when (${isIssued}) execute function plan_expiry()`,
  `create trigger certificates_planned_update after update of status on certificates
    for each row when (${isIssued} and old.status <> 'issued') execute function plan_expiry()`,
]

const indexes = [
  'expiry_plans_due on expiry_plans (due_at) where due_at is not null',
  'expiry_plans_next on expiry_plans (organization_id, due_at, id) where due_at is not null',
  'expiry_plans_operators on expiry_plans (due_at, id) where organization_id is null',
  'expiry_plans_over on expiry_plans (not_after) where due_at is null',
  "expiry_steps_of on expiry_steps (organization_id, id) where state = 'skipped'",
  'expiry_steps_age on expiry_steps (at)',
  'expiry_steps_operators on expiry_steps (at, id) where for_operators = 1',
  'expiry_letters_plan on expiry_letters (plan_id, outbox_id)',
  'outbox_withheld on outbox (organization_id, id) where withheld is not null',
  'outbox_withheld_age on outbox (created_at) where withheld is not null',
  'outbox_organization on outbox (organization_id, id)',
]

/**
 * When letters about an expiry are due, and which were written. A trigger plans for each certificate in the transaction
 * that issues it, whichever release does.
 */
export async function up(database: Kysely<Schema>): Promise<void> {
  await createTables(database)
  for (const trigger of isPostgres(database) ? postgresTriggers : sqliteTriggers)
    await sql.raw(trigger).execute(database)
  await sql`insert into expiry_plans (${sql.raw(columns)})
    select id, 'certificate', organization_id, not_after, coalesce(issued_at, created_at),
      ${sql.raw(firstStep('not_after'))}
    from certificates where status = 'issued' and not_after > ${Date.now() - lastStepMs}`.execute(database)
  for (const index of indexes) await sql`create index ${sql.raw(index)}`.execute(database)
}

async function createTables({ schema }: Kysely<Schema>): Promise<void> {
  const required = (column: ColumnDefinitionBuilder) => column.notNull()
  await schema
    .createTable('expiry_plans')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('kind', 'text', required)
    .addColumn('name', 'text', (column) => column.notNull().defaultTo(''))
    .addColumn('organization_id', 'text', (column) => column.references('organizations.id'))
    .addColumn('not_after', 'bigint', required)
    .addColumn('began_at', 'bigint', required)
    .addColumn('due_at', 'bigint')
    .execute()
  await schema
    .createTable('expiry_steps')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('plan_id', 'text', required)
    .addColumn('not_after', 'bigint', required)
    .addColumn('days', 'integer', required)
    .addColumn('organization_id', 'text')
    .addColumn('due_at', 'bigint', required)
    .addColumn('at', 'bigint', required)
    .addColumn('state', 'text', required)
    .addColumn('reason', 'text')
    .addColumn('for_operators', 'integer', (column) => column.notNull().defaultTo(0))
    .addUniqueConstraint('expiry_steps_once', ['plan_id', 'not_after', 'days'])
    .execute()
  await schema
    .createTable('expiry_letters')
    .addColumn('outbox_id', 'text', (column) => column.notNull().references('outbox.id').onDelete('cascade'))
    .addColumn('plan_id', 'text', required)
    .addColumn('days', 'integer', required)
    .addColumn('role', 'text', required)
    .addColumn('redirected', 'integer', (column) => column.notNull().defaultTo(0))
    .addPrimaryKeyConstraint('expiry_letters_key', ['outbox_id', 'plan_id'])
    .execute()
  await schema.alterTable('outbox').addColumn('refused_at', 'bigint').execute()
}
