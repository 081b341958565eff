import { sql } from 'kysely'
import { endedBefore } from '../shapes/moment.ts'

/**
 * When a gateway first accepted a replacement of a row of `certificates` that is valid at `now`; null if it has none. Only
 * for rows with `replaced_at`: others have none.
 */
export const acceptedReplacement = (now: number) =>
  sql<number | null>`(select min(newer.first_used_at) from certificates as newer
    where newer.organization_id = certificates.organization_id and newer.replaces_id = certificates.id
      and newer.status = 'issued' and newer.not_after > ${endedBefore(now)})`
