import { sql } from 'kysely'

/**
 * Whether a row of `certificates` is replaced, 1 or 0: a replacement was accepted and has not been revoked since. Then
 * nobody needs to be warned of its end. Replacements are looked for only where one was accepted,
 * and by the certificate that they replace: the plus keeps SQLite from reading all that an organization has used instead.
 */
export const isReplaced = () => sql<number>`case when certificates.replaced_at is null then 0
  when exists (select 1 from certificates as newer
    where newer.organization_id = certificates.organization_id and newer.replaces_id = certificates.id
      and +newer.first_used_at is not null and newer.status = 'issued') then 1
  else 0 end`
