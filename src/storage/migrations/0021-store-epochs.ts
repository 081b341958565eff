import { type Kysely, sql } from 'kysely'

/**
 * Which life the store is in, and what gateways know of one that it has lost: a store that was put back to an older
 * state begins a new one. Each change has a mark of its own, by which a follower sees that it is the very row it knows.
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
