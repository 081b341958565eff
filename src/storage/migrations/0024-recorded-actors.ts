import type { Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** Where a name of an actor is stored, and the column for its kind and id. */
const columns = {
  certificates: ['created_by_ref', 'submitted_by_ref', 'decided_by_ref', 'revoked_by_ref'],
  credentials: ['created_by_ref'],
  enforcement_plans: ['updated_by_ref'],
} as const

/** Adds the kind and id of actors beside their names; rows from before have the name alone. */
export async function up(db: Kysely<Schema>): Promise<void> {
  for (const [table, names] of Object.entries(columns))
    for (const name of names) await db.schema.alterTable(table).addColumn(name, 'text').execute()
}
