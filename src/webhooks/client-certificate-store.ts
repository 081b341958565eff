import { recordAudit } from '../audit/record-audit.ts'
import type { ClientCertificateIssuer } from '../contract/webhook.ts'
import { PosternError } from '../errors.ts'
import { oids } from '../pki/der/oids.ts'
import type { DistinguishedName } from '../pki/name/name.ts'
import { createKeyAndRequest } from '../pki/request/create-key-and-request.ts'
import { toPem } from '../pki/text/pem.ts'
import type { Act } from '../shapes/act.ts'
import { systemActor, toActorRef } from '../shapes/actor.ts'
import { toText } from '../shapes/moment.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { checkClientChain, getFingerprint } from './check-client-chain.ts'
import {
  type ClientCertificateRow,
  listClientCertificates,
  readClientSpki,
  sealClientKey,
} from './client-certificate-rows-store.ts'
import { findLiveCertificate, getCertificateState } from './client-certificate-state.ts'
import { readSpki } from './read-spki.ts'
import { clientCertificateMs, renewalRestMs, renewBeforeMs, webhookLimits } from './webhook-limits.ts'
import { notFound, subjectOf } from './webhook-store.ts'

/** How many client certificates one run renews; the next run follows within a minute. */
const renewalsAtOnce = 50
/** The emails about an expiry begin on the morning 30 days before it. */
const firstLetterMs = 31 * 86_400_000

/** Issues certificates that Postern presents to servers of others. */
export interface OutgoingIssuer {
  issue(
    request: { subject: DistinguishedName; spki: Uint8Array; notAfter: number },
    now: number,
  ): Promise<{ certificateDer: Uint8Array; caDer: Uint8Array }>
}

interface Dependencies {
  database: Database
  authorityKey: Uint8Array
  outgoing: OutgoingIssuer
}

/** Names a client certificate of a webhook of an organization. */
interface OwnCertificate {
  organizationId: string
  webhookId: string
  id: string
}

/** A new key, and what was made of it outside of a transaction. */
interface NewCertificate {
  issuer: ClientCertificateIssuer
  pkcs8: Uint8Array
  request: Uint8Array | null
  issued: { chain: string; fingerprintSha256: string; notBefore: number; notAfter: number } | null
}

/** Creates the store of the client certificates of webhooks. Their keys never leave it but to the endpoint's handshake. */
export function createClientCertificateStore({ database, authorityKey, outgoing }: Dependencies) {
  const { queries } = database
  const make = (webhook: { id: string; slug: string }, issuer: ClientCertificateIssuer, now: number) =>
    makeCertificate(outgoing, webhook, issuer, now)

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
      const made = await make(webhook, issuer, act.now)
      await database.transaction(async (tx) => {
        await findWebhook(tx, organizationId, webhookId)
        const others = await listClientCertificates(tx, [webhookId])
        assertRoom(others)
        const liveFrom = made.issued && findLiveCertificate(others, act.now) === undefined ? act.now : null
        await insertCertificate(tx, authorityKey, { organizationId, webhookId, made, liveFrom }, act)
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

    /**
     * Makes the next certificate for webhooks that present one of Postern's CA which ends soon. It is presented a week
     * later, or at once if the present one has ended. Two processes that do so at once make one.
     */
    async renew(now: number): Promise<void> {
      const ending = await queries
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
        const made = await make({ id: webhookId, slug }, 'postern', now)
        await database.transaction(async (tx) => {
          const all = await listClientCertificates(tx, [webhookId])
          // Somebody may have retired it, or another process have renewed it.
          if (!all.some(({ issuer }) => issuer === 'postern')) return
          if (all.some(({ notAfter }) => notAfter !== null && notAfter >= now + renewBeforeMs)) return
          const rest = findLiveCertificate(all, now + renewalRestMs) === undefined ? 0 : renewalRestMs
          const fields = { organizationId, webhookId, made, liveFrom: now + rest }
          await insertCertificate(tx, authorityKey, fields, { actor, now })
        })
      }
    },
  }
}

export type ClientCertificateStore = ReturnType<typeof createClientCertificateStore>

async function makeCertificate(
  outgoing: OutgoingIssuer,
  { id, slug }: { id: string; slug: string },
  issuer: ClientCertificateIssuer,
  now: number,
): Promise<NewCertificate> {
  const subject = [
    { type: oids.organizationName, value: slug },
    { type: oids.commonName, value: id },
  ]
  const { pkcs8, request } = await createKeyAndRequest('ec-p256', subject)
  if (issuer === 'own_ca') return { issuer, pkcs8, request, issued: null }
  const notAfter = Math.floor((now + clientCertificateMs) / 1000) * 1000
  const { certificateDer, caDer } = await outgoing.issue({ subject, spki: readSpki(pkcs8), notAfter }, now)
  const issued = {
    chain: [certificateDer, caDer].map((der) => toPem('CERTIFICATE', der)).join(''),
    fingerprintSha256: getFingerprint(certificateDer),
    notBefore: now,
    notAfter,
  }
  return { issuer, pkcs8, request: null, issued }
}

interface NewRow {
  organizationId: string
  webhookId: string
  made: NewCertificate
  liveFrom: number | null
}

async function insertCertificate(
  tx: Tx,
  authorityKey: Uint8Array,
  { organizationId, webhookId, made, liveFrom }: NewRow,
  { actor, now }: Act,
): Promise<void> {
  const { issuer, pkcs8, request, issued } = made
  const id = newId('webhookClientCertificate', now)
  await tx
    .insertInto('webhook_client_certificates')
    .values({
      ...{ id, webhook_id: webhookId, issuer, request_der: request },
      sealed_key: sealClientKey(authorityKey, pkcs8, id),
      ...{ chain: issued?.chain ?? null, live_from: liveFrom },
      ...{ not_before: issued?.notBefore ?? null, not_after: issued?.notAfter ?? null },
      letter_at: issued && issued.notAfter - firstLetterMs,
      ...{ created_at: now, created_by: actor.name, created_by_ref: toActorRef(actor) },
    })
    .execute()
  pkcs8.fill(0)
  await recordAudit(
    tx,
    {
      actor,
      ...subjectOf(organizationId, webhookId),
      ...(issued === null
        ? {
            action: 'webhook.client_certificate_requested',
            after: { clientCertificateId: id, issuer },
          }
        : {
            action: 'webhook.client_certificate_installed',
            after: describeInstalled(id, issuer, issued),
          }),
    },
    now,
  )
}

const describeInstalled = (
  id: string,
  issuer: ClientCertificateIssuer,
  { fingerprintSha256, notAfter }: { fingerprintSha256: string; notAfter: number },
) => ({ clientCertificateId: id, issuer, fingerprintSha256, notAfter: toText(notAfter) })

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
