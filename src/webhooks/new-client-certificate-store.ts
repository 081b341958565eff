import { recordAudit } from '../audit/record-audit.ts'
import type { ClientCertificateIssuer } from '../contract/webhook.ts'
import { oids } from '../pki/der/oids.ts'
import type { DistinguishedName } from '../pki/name/name.ts'
import { createKeyAndRequest } from '../pki/request/create-key-and-request.ts'
import { toPem } from '../pki/text/pem.ts'
import type { Act } from '../shapes/act.ts'
import { toActorRef } from '../shapes/actor.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import { toText } from '../shapes/moment.ts'
import type { Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { getFingerprint } from './check-client-chain.ts'
import { sealClientKey } from './client-certificate-rows-store.ts'
import { readSpki } from './read-spki.ts'
import { clientCertificateMs } from './webhook-limits.ts'
import { subjectOf } from './webhook-store.ts'

/** The emails about an expiry begin on the morning 30 days before it. */
export const firstLetterMs = 31 * 86_400_000

/** Issues certificates that Postern presents to servers of others. */
export interface OutgoingIssuer {
  issue(
    request: { subject: DistinguishedName; spki: Uint8Array; notAfter: number },
    now: number,
  ): Promise<{ certificateDer: Uint8Array; caDer: Uint8Array }>
}

/** A new key, and what was made of it outside of a transaction. */
interface NewCertificate {
  issuer: ClientCertificateIssuer
  pkcs8: Uint8Array
  request: Uint8Array | null
  issued: { chain: string; fingerprintSha256: string; notBefore: number; notAfter: number } | null
}

/** Makes a key, and has Postern's CA certify it or makes a CSR. Throws `issuer_unavailable` while the store is held. */
export async function makeClientCertificate(
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

/** A client certificate to store. */
interface NewRow {
  organizationId: string
  webhookId: string
  made: NewCertificate
  liveFrom: number | null
}

/** Stores a client certificate or its CSR; the bytes of the key are gone afterwards. */
export async function insertClientCertificate(
  tx: Tx,
  authorityKey: MasterKey,
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

/** Returns what the audit log has of a client certificate. */
export const describeInstalled = (
  id: string,
  issuer: ClientCertificateIssuer,
  { fingerprintSha256, notAfter }: { fingerprintSha256: string; notAfter: number },
) => ({ clientCertificateId: id, issuer, fingerprintSha256, notAfter: toText(notAfter) })
