import { systemActor } from '../shapes/actor.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import type { Database } from '../storage/database.ts'
import { listClientCertificates } from './client-certificate-rows-store.ts'
import { findLiveCertificate } from './client-certificate-state.ts'
import {
  insertClientCertificate,
  makeClientCertificate,
  type OutgoingIssuer,
} from './new-client-certificate-store.ts'
import { renewalRestMs, renewBeforeMs } from './webhook-limits.ts'

/** How many client certificates one run renews; the next run follows within a minute. */
const renewalsAtOnce = 50

interface Dependencies {
  database: Database
  authorityKey: MasterKey
  outgoing: OutgoingIssuer
}

/**
 * Makes the next certificate for webhooks that present one of Postern's CA which ends soon. It is presented a week later,
 * or at once if the present one has ended. Two processes that do so at once make one.
 */
export async function renewClientCertificates(
  { database, authorityKey, outgoing }: Dependencies,
  now: number,
): Promise<void> {
  const ending = await database.queries
    .selectFrom('webhook_client_certificates')
    .innerJoin('webhooks', 'webhooks.id', 'webhook_id')
    .innerJoin('organizations', 'organizations.id', 'organization_id')
    .select(['webhook_id', 'organization_id', 'slug'])
    .where('issuer', '=', 'postern')
    .where('live_from', '<=', now)
    .where('not_after', '<', now + renewBeforeMs)
    .where('organizations.status', '<>', 'closed')
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('webhook_client_certificates as other')
            .select('other.id')
            .whereRef('other.webhook_id', '=', 'webhook_client_certificates.webhook_id')
            .where((o) =>
              o.or([
                o('other.not_after', '>=', now + renewBeforeMs),
                // The webhook has moved on to the CA of the customer.
                o.and([
                  o('other.issuer', '=', 'own_ca'),
                  o('other.live_from', '>=', o.ref('webhook_client_certificates.live_from')),
                ]),
              ]),
            ),
        ),
      ),
    )
    .groupBy(['webhook_id', 'organization_id', 'slug'])
    .limit(renewalsAtOnce)
    .execute()
  const actor = systemActor('webhooks')
  for (const { webhook_id: webhookId, organization_id: organizationId, slug } of ending) {
    const made = await makeClientCertificate(outgoing, { id: webhookId, slug }, 'postern', now)
    await database.transaction(async (tx) => {
      const all = await listClientCertificates(tx, [webhookId])
      // Somebody may have retired it, or another process have renewed it.
      if (!all.some(({ issuer }) => issuer === 'postern')) return
      if (all.some(({ notAfter }) => notAfter !== null && notAfter >= now + renewBeforeMs)) return
      const rest = findLiveCertificate(all, now + renewalRestMs) === undefined ? 0 : renewalRestMs
      const fields = { organizationId, webhookId, made, liveFrom: now + rest }
      await insertClientCertificate(tx, authorityKey, fields, { actor, now })
    })
  }
}
