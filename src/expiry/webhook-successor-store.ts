import { sql } from 'kysely'
import type { SkipReason } from './expiry-steps.ts'

const day = 86_400_000

/** What became of a client certificate that was to replace another one. */
type Successor = 'none' | 'rejected' | 'presented'

/**
 * What replaces a row of `webhook_client_certificates as certificate`: a later one that is presented in its place, or will
 * be; `rejected` if the endpoint has rejected one in the last 24 hours, so that this one was presented. One that was put
 * back in place of a later one is replaced by none. Deliveries are looked at only where there is a later one.
 */
export const successorOf = (now: number) => sql<Successor>`case
  when not exists (select 1 from webhook_client_certificates as later
    where later.webhook_id = certificate.webhook_id and later.not_after > certificate.not_after
      and later.live_from >= coalesce(certificate.live_from, 0)) then 'none'
  when exists (select 1 from webhook_deliveries as delivery
    where delivery.webhook_id = certificate.webhook_id and delivery.last_attempt_at > ${now - day}
      and delivery.client_certificate_id is not null and delivery.client_certificate_id = certificate.id
      and delivery.rejected_client_certificate_id is not null) then 'rejected'
  else 'presented' end`

/** Returns why nobody is told of the end of a client certificate; undefined if somebody is. */
export function findSilence({
  status,
  successor,
}: {
  /** Of the organization. */
  status: string
  successor: Successor
}): SkipReason | undefined {
  if (status !== 'active') return 'organization_not_active'
  return successor === 'presented' ? 'replaced' : undefined
}
