import { sql } from 'kysely'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { formatName } from '../pki/name/name.ts'
import { outgoingCaRestMs } from '../shapes/outgoing-ca.ts'
import type { Database } from '../storage/database.ts'
import type { ExpiryKind } from './expiry-steps.ts'

const day = 86_400_000
const maxLists = 200

/** Something that operators keep and that expires. Times are milliseconds since 1970. */
export interface OperatorSubject {
  kind: Exclude<ExpiryKind, 'certificate' | 'webhook_certificate'>
  /** Distinguishes it from others of its kind, whichever end it has. */
  id: string
  name: string
  beganAt: number
  notAfter: number
}

const issuerKinds = { root: 'root', issuing: 'issuing_ca', foreign: 'external_ca' } as const

/**
 * Lists what the store itself knows to expire: the root, the issuing CA of each environment, external CAs, the CA for
 * client certificates of webhooks, and CRLs that were not renewed in time.
 */
export async function listStoredSubjects({ queries }: Database, now: number): Promise<OperatorSubject[]> {
  const issuers = await queries
    .selectFrom('issuers')
    .select(['id', 'kind', 'environment', 'certificate_der', 'not_before', 'not_after'])
    .where((e) => e.or([e('retires_at', 'is', null), e('retires_at', '>', now)]))
    .orderBy('created_at')
    .execute()
  const signing = new Map(
    issuers.filter(({ kind }) => kind === 'issuing').map(({ id, environment }) => [environment, id]),
  )
  const inUse = issuers.filter(
    ({ id, kind, environment }) => kind !== 'issuing' || signing.get(environment) === id,
  )
  const names = new Map(issuers.map(({ id, certificate_der: der }) => [id, nameOf(der)]))
  return [
    ...inUse.map(({ id, kind, not_before: beganAt, not_after: notAfter }) => ({
      ...{ kind: issuerKinds[kind], id, name: names.get(id) ?? id, beganAt, notAfter },
    })),
    ...(await listOutgoingCa(queries)),
    ...(await listLateLists(queries, now)).map((list) => ({
      ...{ kind: 'revocation_list' as const, id: `${list.issuerId}:${list.partition}` },
      name: `of ${names.get(list.issuerId) ?? list.issuerId}`,
      ...{ beganAt: list.beganAt, notAfter: list.lateAt },
    })),
  ]
}

const nameOf = (der: Uint8Array) => formatName(parseCertificate(new Uint8Array(der)).subject)

/** Lists the latest outgoing CA, with the time from which it issues nothing more. */
async function listOutgoingCa(queries: Database['queries']): Promise<OperatorSubject[]> {
  const row = await queries
    .selectFrom('outgoing_cas')
    .select(['id', 'certificate_der', 'not_after', 'created_at'])
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst()
  if (row === undefined) return []
  const { id, certificate_der: der, not_after: notAfter, created_at: beganAt } = row
  const times = { beganAt, notAfter: notAfter - outgoingCaRestMs }
  return [{ kind: 'outgoing_ca', id, name: nameOf(der), ...times }]
}

/** A CRL is late when less than a tenth of its time is left. */
async function listLateLists(queries: Database['queries'], now: number) {
  const rows = await queries
    .selectFrom('revocation_lists')
    .innerJoin('issuers', 'issuers.id', 'issuer_id')
    .select(['issuer_id', 'partition', 'this_update', 'next_update'])
    .where('number', '>', 0)
    .where('next_update', '>', now - 8 * day)
    .where(sql<boolean>`next_update - (next_update - this_update) / 10 <= ${now}`)
    .where((e) => e.or([e('retires_at', 'is', null), e('retires_at', '>', now)]))
    .limit(maxLists)
    .execute()
  return rows.map((row) => ({
    issuerId: row.issuer_id,
    partition: row.partition,
    beganAt: row.this_update,
    lateAt: row.next_update - Math.floor((row.next_update - row.this_update) / 10),
  }))
}
