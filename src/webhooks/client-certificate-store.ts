import { recordAudit } from '../audit/record-audit.ts'
import type { ClientCertificateIssuer } from '../contract/webhook.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import type { Database, Queries } from '../storage/database.ts'
import { checkClientChain } from './check-client-chain.ts'
import {
  type ClientCertificateRow,
  listClientCertificates,
  readClientSpki,
} from './client-certificate-rows-store.ts'
import { findLiveCertificate, getCertificateState } from './client-certificate-state.ts'
import {
  describeInstalled,
  firstLetterMs,
  insertClientCertificate,
  makeClientCertificate,
  type OutgoingIssuer,
} from './new-client-certificate-store.ts'
import { webhookLimits } from './webhook-limits.ts'
import { notFound, subjectOf } from './webhook-store.ts'

/** Names a client certificate of a webhook of an organization. */
interface OwnCertificate {
  organizationId: string
  webhookId: string
  id: string
}

interface Dependencies {
  database: Database
  authorityKey: MasterKey
  outgoing: OutgoingIssuer
}

/** Creates the store of the client certificates of webhooks. Their keys never leave it but to the endpoint's handshake. */
export function createClientCertificateStore({ database, authorityKey, outgoing }: Dependencies) {
  const { queries } = database

  return {
    /**
     * Makes a key, and has Postern's CA certify it or makes a CSR for the CA of the customer. A certificate is the live
     * one at once if the webhook has no other. Throws `not_found`, `webhook_client_certificates_full`, and
     * `issuer_unavailable` while the store is held.
     */
    async add(
      { organizationId, webhookId }: Omit<OwnCertificate, 'id'>,
      issuer: ClientCertificateIssuer,
      act: Act,
    ): Promise<void> {
      const webhook = await findWebhook(queries, organizationId, webhookId)
      // Before the work: a full webhook makes nobody spend anything.
      assertRoom(await listClientCertificates(queries, [webhookId]))
      const made = await makeClientCertificate(outgoing, webhook, issuer, act.now)
      await database.transaction(async (tx) => {
        await findWebhook(tx, organizationId, webhookId)
        const others = await listClientCertificates(tx, [webhookId])
        assertRoom(others)
        const liveFrom = made.issued && findLiveCertificate(others, act.now) === undefined ? act.now : null
        await insertClientCertificate(tx, authorityKey, { organizationId, webhookId, made, liveFrom }, act)
      })
    },

    /**
     * Stores what the CA of the customer has issued; it is the live one at once if the webhook has no other. Throws
     * `not_found`, `webhook_client_certificate_not_ready` if it has a chain already, and the codes of
     * `checkClientChain`.
     */
    async install(own: OwnCertificate, text: string, { actor, now }: Act): Promise<void> {
      assertWaits((await findOwn(queries, own)).certificate)
      const spki = await readClientSpki(queries, authorityKey, own.id)
      const { pem, fingerprintSha256, notBefore, notAfter } = checkClientChain(text, spki, now)
      await database.transaction(async (tx) => {
        const { certificate, all } = await findOwn(tx, own)
        assertWaits(certificate)
        await tx
          .updateTable('webhook_client_certificates')
          .set({ chain: pem, not_before: notBefore, not_after: notAfter })
          .set({ letter_at: notAfter - firstLetterMs })
          .set({ live_from: findLiveCertificate(all, now) === undefined ? now : null })
          .where('id', '=', own.id)
          .execute()
        await recordAudit(
          tx,
          {
            ...{ actor, action: 'webhook.client_certificate_installed' },
            ...subjectOf(own.organizationId, own.webhookId),
            after: describeInstalled(own.id, 'own_ca', { fingerprintSha256, notAfter }),
          },
          now,
        )
      })
    },

    /** Makes a client certificate the live one. Throws `not_found`, and `webhook_client_certificate_not_ready`. */
    async activate(own: OwnCertificate, { actor, now }: Act): Promise<void> {
      await database.transaction(async (tx) => {
        const { certificate, all } = await findOwn(tx, own)
        const state = getCertificateState(certificate, all, now)
        if (state === 'requested')
          throw notReady('This client certificate has no chain yet. Enter what your CA has issued first.')
        if (state === 'expired')
          throw notReady('This client certificate has expired. Add another one, and use that.')
        if (state === 'live' && certificate.liveFrom !== null) return
        await tx
          .updateTable('webhook_client_certificates')
          .set({ live_from: now })
          .where('id', '=', own.id)
          .execute()
        const after = { clientCertificateId: own.id }
        await recordAudit(
          tx,
          {
            ...{ actor, action: 'webhook.client_certificate_activated' },
            ...subjectOf(own.organizationId, own.webhookId),
            after,
          },
          now,
        )
      })
    },

    /** Deletes a client certificate with its key. Throws `not_found`. */
    async retire(own: OwnCertificate, { actor, now }: Act): Promise<void> {
      await database.transaction(async (tx) => {
        const { certificate, all } = await findOwn(tx, own)
        const state = getCertificateState(certificate, all, now)
        await tx.deleteFrom('webhook_client_certificates').where('id', '=', own.id).execute()
        await recordAudit(
          tx,
          {
            ...{ actor, action: 'webhook.client_certificate_retired' },
            ...subjectOf(own.organizationId, own.webhookId),
            before: { clientCertificateId: own.id, issuer: certificate.issuer, state },
          },
          now,
        )
      })
    },
  }
}

export type ClientCertificateStore = ReturnType<typeof createClientCertificateStore>

async function findWebhook(
  from: Queries,
  organizationId: string,
  id: string,
): Promise<{ id: string; slug: string }> {
  const row = await from
    .selectFrom('webhooks')
    .innerJoin('organizations', 'organizations.id', 'organization_id')
    .select(['webhooks.id', 'slug'])
    .where('organization_id', '=', organizationId)
    .where('webhooks.id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw notFound()
  return row
}

async function findOwn(
  from: Queries,
  { organizationId, webhookId, id }: OwnCertificate,
): Promise<{ certificate: ClientCertificateRow; all: ClientCertificateRow[] }> {
  await findWebhook(from, organizationId, webhookId)
  const all = await listClientCertificates(from, [webhookId])
  const certificate = all.find((one) => one.id === id)
  if (certificate === undefined)
    throw new PosternError('not_found', 'There is no such client certificate of this webhook.')
  return { certificate, all }
}

function assertRoom(certificates: readonly ClientCertificateRow[]): void {
  if (certificates.length < webhookLimits.clientCertificates) return
  throw new PosternError(
    'webhook_client_certificates_full',
    `This webhook has ${certificates.length} client certificates, and more are not allowed. Retire one that is no longer used, then try again.`,
  )
}

function assertWaits({ chain }: ClientCertificateRow): void {
  if (chain === null) return
  throw notReady('This client certificate has its chain already. Add another one to renew it.')
}

const notReady = (sentence: string) => new PosternError('webhook_client_certificate_not_ready', sentence)
