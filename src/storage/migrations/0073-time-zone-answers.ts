import type { Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** Keeps who has answered which time zone their emails have; whoever has one needs no question either. */
export async function up(database: Kysely<Schema>): Promise<void> {
  await database.schema
    .alterTable('users')
    .addColumn('has_answered_time_zone', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
}
