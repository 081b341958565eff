import { type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/** The status as lists show it, spelled as their queries spell it; see `0029-certificate-lists.ts`. */
const shown = sql.raw("case when lapsed = 1 and status = 'issued' then 'expired' else status end")

/**
 * Keeps which user is responsible for a certificate: who created it, by themselves or with a key of their own. It refers
 * to no row of `users`, since a certificate comes back from the journal of a backup that may lack the user.
 */
export async function up(database: Kysely<Schema>): Promise<void> {
  await database.schema.alterTable('certificates').addColumn('responsible_user_id', 'text').execute()
  await sql`update certificates set responsible_user_id = case
    when created_by_ref like 'person:%' then substr(created_by_ref, 8)
    when created_by_ref like 'api_key:%' then (select user_id from api_keys where id = substr(certificates.created_by_ref, 9))
    when created_by_ref is null then (select id from users where email = lower(certificates.created_by))
  end`.execute(database)
  await sql`create index certificates_by_responsible
    on certificates (organization_id, responsible_user_id, (${shown}), created_at, id)`.execute(database)
}
