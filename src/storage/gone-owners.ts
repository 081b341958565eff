import { type RawBuilder, sql } from 'kysely'
import { isPostgres } from './engine.ts'
import type { Queries } from './transact.ts'

/**
 * Returns the users who are responsible for certificates of an organization and are no longer active members of it. It
 * steps from one user to the next in an index, so that it reads as many rows as there are such users, and not as there
 * are certificates.
 */
export async function listGoneOwners(queries: Queries, organizationId: string): Promise<string[]> {
  const first = (after: RawBuilder<unknown>) => sql`(select min(responsible_user_id) from certificates
    where organization_id = ${organizationId} and ${after})`
  const { rows } = await sql<{ id: string }>`with recursive owners (id) as (
      select ${first(sql`responsible_user_id is not null`)} union all
      select ${first(sql`responsible_user_id > owners.id`)} from owners where owners.id is not null
    )
    select id from owners where id is not null and not exists (
      select 1 from members join users on users.id = members.user_id
      where members.organization_id = ${organizationId} and members.user_id = owners.id and users.deactivated_at is null
    )`.execute(queries)
  return rows.map(({ id }) => id)
}

/**
 * Returns the table of certificates, to be read by those who are responsible: SQLite, without statistics, would read all
 * certificates of a status instead.
 */
export const certificatesByOwner = (queries: Queries): RawBuilder<unknown> =>
  isPostgres(queries) ? sql`certificates` : sql`certificates indexed by certificates_by_responsible`

/** Returns the condition that one of these users is responsible for a certificate. */
export const isOfOwners = (queries: Queries, ids: readonly string[]) =>
  isPostgres(queries)
    ? sql<boolean>`responsible_user_id = any(${ids}::text[])`
    : sql<boolean>`responsible_user_id in (select value from json_each(${JSON.stringify(ids)}))`
