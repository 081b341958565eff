import { type Kysely, sql } from 'kysely'

/** Finds the certificates whose replacement is accepted and that are still valid: few of all. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`create index certificates_replaced on certificates (organization_id, environment, not_after, id)
    where status = 'issued' and replaced_at is not null`.execute(database)
}
