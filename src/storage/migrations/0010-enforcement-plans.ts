import type { Kysely } from 'kysely'

/** The enforcement policy of each organization, its start, and the readiness of its clients. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('enforcement_plans')
    .addColumn('organization_id', 'text', (c) => c.notNull().references('organizations.id'))
    .addColumn('environment', 'text', (c) => c.notNull())
    .addColumn('mode', 'text', (c) => c.notNull())
    .addColumn('since', 'bigint', (c) => c.notNull())
    .addColumn('enforce_at', 'bigint')
    .addColumn('held_since', 'bigint')
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_by', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('enforcement_plans_pk', ['organization_id', 'environment'])
    .execute()
  await database.schema
    .createIndex('enforcement_plans_due')
    .on('enforcement_plans')
    .column('enforce_at')
    .execute()
  await database.schema
    .createTable('readiness_hours')
    .addColumn('organization_id', 'text', (c) => c.notNull())
    .addColumn('environment', 'text', (c) => c.notNull())
    .addColumn('since', 'bigint', (c) => c.notNull())
    .addColumn('credential_id', 'text', (c) => c.notNull())
    .addColumn('code', 'text', (c) => c.notNull())
    .addColumn('hour', 'bigint', (c) => c.notNull())
    .addColumn('calls', 'bigint', (c) => c.notNull())
    .addColumn('last_at', 'bigint', (c) => c.notNull())
    .addColumn('last_address', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('readiness_hours_pk', [
      'organization_id',
      'environment',
      'since',
      'credential_id',
      'code',
      'hour',
    ])
    .execute()
  await database.schema.createIndex('readiness_hours_hour').on('readiness_hours').column('hour').execute()
  await database.schema.alterTable('activity').addColumn('would_be_code', 'text').execute()
}
