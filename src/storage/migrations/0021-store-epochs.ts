import { type Kysely, sql } from 'kysely'

/**
 * The epochs of the store, and what gateways know of a lost one: a store that was restored to an older state
 * begins a new epoch. Each change has a mark of its own, by which a follower recognizes the row that it
 * knows.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  const { schema } = database
  await schema
    .createTable('store_epochs')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('number', 'bigint', (c) => c.notNull().unique())
    .addColumn('began_at', 'bigint', (c) => c.notNull())
    .addColumn('cause', 'text', (c) => c.notNull())
    .addColumn('noticed_by', 'text', (c) => c.notNull())
    .execute()
  await schema
    .createTable('lost_endings')
    .addColumn('epoch_id', 'text', (c) => c.notNull().references('store_epochs.id'))
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('subject_id', 'text', (c) => c.notNull())
    .addColumn('organization_id', 'text')
    .addColumn('environment', 'text')
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('detail', 'text', (c) => c.notNull())
    .addColumn('gateway', 'text', (c) => c.notNull())
    .addColumn('found_at', 'bigint', (c) => c.notNull())
    .addColumn('outcome', 'text')
    .addColumn('settled_at', 'bigint')
    .addPrimaryKeyConstraint('lost_endings_key', ['epoch_id', 'kind', 'subject_id'])
    .execute()
  await schema
    .alterTable('changes')
    .addColumn('mark', 'text', (c) => c.notNull().defaultTo(''))
    .execute()
  await schema
    .alterTable('gateways')
    .addColumn('epoch', 'text', (c) => c.notNull().defaultTo(''))
    .execute()
  await schema
    .alterTable('gateways')
    .addColumn('clock_offset_milliseconds', sql`bigint`, (c) => c.notNull().defaultTo(0))
    .execute()
}
