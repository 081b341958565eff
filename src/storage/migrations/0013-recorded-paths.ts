import { type Kysely, sql } from 'kysely'

/**
 * Takes out of what was recorded before what a client may have written by mistake: client ids that nobody has, paths
 * that are not the gateway's own, and the sentence that repeated them. A secret or a card number may stand there.
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
