import { createPublicKey, X509Certificate } from 'node:crypto'
import type { ClientCertificateUse, WebhookClientCertificate } from '../contract/webhook.ts'
import { toPem } from '../pki/text/pem.ts'
import { readActor } from '../shapes/actor.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import { toText } from '../shapes/moment.ts'
import type { Queries } from '../storage/database.ts'
import { seal, unseal } from '../storage/seal.ts'
import { toSealedValues } from '../storage/sealed-column-store.ts'
import {
  type DatedCertificate,
  findFormerCertificate,
  findLiveCertificate,
  getCertificateState,
} from './client-certificate-state.ts'

const day = 86_400_000
const contextOf = (id: string) => `client key ${id} of a webhook`

/** A client certificate of a webhook without its key. */
export interface ClientCertificateRow extends DatedCertificate {
  webhookId: string
  issuer: 'postern' | 'own_ca'
  request: Uint8Array | null
  /** PEM, the certificate first. */
  chain: string | null
  createdAt: number
  createdBy: string
  createdByRef: string
}

const columns = [
  'id',
  'webhook_id as webhookId',
  'issuer',
  'request_der as request',
  'chain',
  'not_before as notBefore',
  'not_after as notAfter',
  'live_from as liveFrom',
  'created_at as createdAt',
  'created_by as createdBy',
  'created_by_ref as createdByRef',
] as const

/** Lists the client certificates of webhooks, newest first; there are few of each. */
export const listClientCertificates = (
  queries: Queries,
  webhookIds: readonly string[],
): Promise<ClientCertificateRow[]> =>
  webhookIds.length === 0
    ? Promise.resolve([])
    : queries
        .selectFrom('webhook_client_certificates')
        .select(columns)
        .where('webhook_id', 'in', [...webhookIds])
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .execute()

/** Returns the private key of a client certificate as it is stored: PKCS#8 in PEM, sealed. */
export function sealClientKey(authorityKey: MasterKey, pkcs8: Uint8Array, id: string): Uint8Array {
  const pem = Buffer.from(toPem('PRIVATE KEY', pkcs8))
  const sealed = seal(authorityKey, pem, contextOf(id))
  pem.fill(0)
  return sealed
}

/** Returns the SubjectPublicKeyInfo of a client key, DER. Throws `master_key_wrong`. */
export async function readClientSpki(
  queries: Queries,
  authorityKey: MasterKey,
  id: string,
): Promise<Uint8Array> {
  const key = await openClientKey(queries, authorityKey, id)
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  key.fill(0)
  return new Uint8Array(spki)
}

async function openClientKey(queries: Queries, authorityKey: MasterKey, id: string): Promise<Buffer> {
  const { sealed_key: sealed } = await queries
    .selectFrom('webhook_client_certificates')
    .select('sealed_key')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return Buffer.from(unseal(authorityKey, new Uint8Array(sealed), contextOf(id)))
}

/** What a delivery presents to its endpoint, PEM. */
export interface ClientIdentity {
  id: string
  key: Buffer
  chain: string
  /** The one before it, while it is still valid: it is presented if the endpoint rejects the live one. */
  former?: ClientIdentity | undefined
}

/** Which client certificate deliveries of a webhook present. */
export type PresentedIdentity = ClientIdentity | 'none' | 'expired'

/**
 * Opens the client certificate that deliveries of a webhook present, or the named one: `none` if the webhook has none,
 * and `expired` if it has some and none is valid. Throws `master_key_wrong`.
 */
export async function openClientIdentity(
  queries: Queries,
  webhookId: string,
  { authorityKey, now, only }: { authorityKey: MasterKey; now: number; only?: string | undefined },
): Promise<PresentedIdentity> {
  const all = await listClientCertificates(queries, [webhookId])
  const issued = all.filter(({ chain, id }) => chain !== null && (only === undefined || id === only))
  if (issued.length === 0) return 'none'
  const live = findLiveCertificate(issued, now)
  if (live === undefined) return 'expired'
  const open = async ({ id, chain }: ClientCertificateRow): Promise<ClientIdentity> => ({
    ...{ id, key: await openClientKey(queries, authorityKey, id), chain: chain ?? '' },
  })
  const former = findFormerCertificate(issued, now)
  return { ...(await open(live)), former: former && (await open(former)) }
}

/** The keys of the client certificates of all webhooks, under the authority key. */
export const sealedClientKeys = toSealedValues({
  name: 'client keys of webhooks',
  ...{ table: 'webhook_client_certificates', id: 'id', column: 'sealed_key', contextOf },
})

/** Counts what was tried with each client certificate of webhooks in the last 24 hours. */
export async function countClientCertificateUse(
  queries: Queries,
  webhookIds: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, ClientCertificateUse[]>> {
  if (webhookIds.length === 0) return new Map()
  const rejections = await countRejections(queries, webhookIds, now)
  const rows = await queries
    .selectFrom('webhook_deliveries')
    .select((e) => [
      'webhook_id',
      'client_certificate_id',
      e.fn.countAll<number>().as('deliveries'),
      e.fn
        .count<number>(e.case().when('response_status', 'is', null).then(null).else(1).end())
        .as('answered'),
      e.fn.max<number | null>('last_attempt_at').as('last'),
    ])
    .where('webhook_id', 'in', [...webhookIds])
    .where('last_attempt_at', '>', now - day)
    .where('client_certificate_id', 'is not', null)
    .groupBy(['webhook_id', 'client_certificate_id'])
    .execute()
  const uses = rows.map((row) => ({
    webhookId: row.webhook_id,
    use: {
      id: row.client_certificate_id ?? '',
      deliveries: Number(row.deliveries),
      answered: Number(row.answered),
      rejected: 0,
      lastUsedAt: toText(row.last === null ? null : Number(row.last)),
    },
  }))
  for (const { webhook_id: webhookId, rejected_client_certificate_id: id, rejected, last } of rejections) {
    const known = uses.find((each) => each.webhookId === webhookId && each.use.id === id)
    const rejectedAt = toText(last === null ? null : Number(last))
    if (known === undefined) {
      const use = { id: id ?? '', deliveries: 0, answered: 0, rejected: Number(rejected) }
      uses.push({ webhookId, use: { ...use, lastUsedAt: rejectedAt } })
      continue
    }
    known.use.rejected = Number(rejected)
    // Moments as texts are in the order of time.
    if ((rejectedAt ?? '') > (known.use.lastUsedAt ?? '')) known.use.lastUsedAt = rejectedAt
  }
  return new Map(
    [...Map.groupBy(uses, ({ webhookId }) => webhookId)].map(([id, list]) => [
      id,
      list.map(({ use }) => use),
    ]),
  )
}

/** Counts the deliveries whose endpoint rejected the live client certificate, so that the former one was tried. */
const countRejections = (queries: Queries, webhookIds: readonly string[], now: number) =>
  queries
    .selectFrom('webhook_deliveries')
    .select((e) => [
      'webhook_id',
      'rejected_client_certificate_id',
      e.fn.countAll<number>().as('rejected'),
      e.fn.max<number | null>('last_attempt_at').as('last'),
    ])
    .where('webhook_id', 'in', [...webhookIds])
    .where('last_attempt_at', '>', now - day)
    // The index has those with a certificate alone.
    .where('client_certificate_id', 'is not', null)
    .where('rejected_client_certificate_id', 'is not', null)
    .groupBy(['webhook_id', 'rejected_client_certificate_id'])
    .execute()

/** Returns client certificates as answers show them. */
export function toClientCertificateViews(
  all: readonly ClientCertificateRow[],
  webhookId: string,
  now: number,
): WebhookClientCertificate[] {
  const own = all.filter((one) => one.webhookId === webhookId)
  return own.map((row) => ({
    id: row.id,
    issuer: row.issuer,
    state: getCertificateState(row, own, now),
    certificateRequest:
      row.request === null || row.chain !== null
        ? null
        : toPem('CERTIFICATE REQUEST', new Uint8Array(row.request)),
    ...describeChain(row),
    notBefore: toText(row.notBefore),
    notAfter: toText(row.notAfter),
    liveFrom: toText(row.liveFrom),
    createdAt: toText(row.createdAt),
    createdBy: readActor(row.createdBy, row.createdByRef),
  }))
}

function describeChain({ issuer, chain }: ClientCertificateRow) {
  const blocks = chain?.split(/(?<=-----END CERTIFICATE-----\n)/) ?? []
  const [first] = blocks
  if (first === undefined)
    return { subject: null, issuedBy: null, fingerprintSha256: null, caCertificate: null }
  const certificate = new X509Certificate(first)
  return {
    subject: toLine(certificate.subject),
    issuedBy: toLine(certificate.issuer),
    fingerprintSha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    // The customer has that of its own CA.
    caCertificate: issuer === 'postern' ? (blocks.at(-1) ?? null) : null,
  }
}

const toLine = (name: string | undefined) => name?.split('\n').reverse().join(', ') ?? ''
