import { type Kysely, sql } from 'kysely'

/**
 * Removes what a client may have sent by mistake from existing records: unknown client IDs, paths other than
 * the gateway's own, and the sentence that repeats them. They may contain a secret or a card number.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`update activity set client_id = null
    where client_id is not null and client_id not in (select client_id from credentials)`.execute(database)
  await sql`update activity set path = case
    when path in ('/token', '/introspect', '/revoke', '/whoami', '/registrations') then path
    when path like '/token/%' then '/token/{clientId}'
    when path like '/auth/token/%' then '/auth/token/{clientId}'
    else null end where path is not null`.execute(database)
  await sql`update activity set explanation = null where code = 'route_unknown'`.execute(database)
}
