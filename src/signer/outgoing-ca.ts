import { generateKeyPair, randomBytes, X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import { recordAudit } from '../audit/record-audit.ts'
import { PosternError } from '../errors.ts'
import { oids } from '../pki/der/oids.ts'
import { keyIdentifier } from '../pki/key/key-identifier.ts'
import type { DistinguishedName } from '../pki/name/name.ts'
import { draftOutgoingCertificate } from '../pki/profile/certificate-profile.ts'
import { getIssuerDetails } from '../pki/profile/issuer-details.ts'
import { draftRoot, SoundTbsCertificate } from '../pki/profile/lint-certificate.ts'
import { systemActor } from '../shapes/actor.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import { outgoingCaRestMs } from '../shapes/outgoing-ca.ts'
import { newSerialNumber } from '../shapes/serial-number.ts'
import type { Database, Queries } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { locks, takeLock } from '../storage/lock-order.ts'
import { toSealedValues } from '../storage/sealed-column-store.ts'
import { assertReleased } from '../storage/store-hold.ts'
import { openPrivateKey, sealPrivateKey } from './sealed-key.ts'
import { getAlgorithm, type SigningKey, signTbs, toSigningKey } from './sign-tbs.ts'

const day = 86_400_000
const caDays = 7305
const backdateMs = 300_000

const makePair = promisify(generateKeyPair)
const contextOf = (id: string) => `outgoing-ca-key:${id}`

/** A certificate that Postern shall present to servers of others. Times are milliseconds since 1970. */
export interface OutgoingRequest {
  subject: DistinguishedName
  /** SubjectPublicKeyInfo, DER. */
  spki: Uint8Array
  notAfter: number
}

/** A certificate and its CA, DER. */
export interface OutgoingCertificate {
  certificateDer: Uint8Array
  caDer: Uint8Array
}

interface OpenedCa {
  certificateDer: Uint8Array
  key: SigningKey
}

/**
 * Creates what issues the certificates that Postern presents to servers of others. Their CA is one of its own: no
 * gateway trusts it, and whoever trusts it trusts no customer. It is created with the first certificate, and its key is
 * sealed under `authorityKey`. Throws `master_key_wrong`, and `issuer_unavailable` while the store is held.
 */
export function createOutgoingCa(database: Database, authorityKey: MasterKey) {
  return {
    async issue({ subject, spki, notAfter }: OutgoingRequest, now: number): Promise<OutgoingCertificate> {
      await assertReleased(database.queries)
      const ca =
        (await findCa(database.queries, authorityKey, now)) ?? (await addCa(database, authorityKey, now))
      const issuer = getIssuerDetails(ca.certificateDer)
      const tbs = draftOutgoingCertificate({
        issuer,
        serialNumber: newSerialNumber(randomBytes),
        subject,
        spki,
        subjectKeyIdentifier: await keyIdentifier(spki),
        notBefore: now - backdateMs,
        notAfter,
      })
      const der = await signTbs(ca.key, new SoundTbsCertificate('outgoing', tbs, issuer))
      return { certificateDer: verify(der, ca.certificateDer), caDer: ca.certificateDer }
    },
  }
}

async function findCa(queries: Queries, authorityKey: MasterKey, now: number): Promise<OpenedCa | undefined> {
  const row = await queries
    .selectFrom('outgoing_cas')
    .select(['id', 'certificate_der', 'sealed_key'])
    .where('not_after', '>', now + outgoingCaRestMs)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst()
  return (
    row && {
      certificateDer: new Uint8Array(row.certificate_der),
      key: toSigningKey(openPrivateKey(authorityKey, new Uint8Array(row.sealed_key), contextOf(row.id))),
    }
  )
}

/** Of processes that do so at once, one stores its CA, and the others use that one. */
async function addCa(database: Database, authorityKey: MasterKey, now: number): Promise<OpenedCa> {
  const { privateKey } = await makePair('ec', { namedCurve: 'P-256' })
  const key = toSigningKey(privateKey)
  const commonName = `Postern outgoing CA ${randomBytes(4).toString('hex')}`
  const notAfter = now + caDays * day
  const tbs = draftRoot({
    signatureAlgorithm: getAlgorithm(key),
    serialNumber: newSerialNumber(randomBytes),
    subject: [
      { type: oids.organizationName, value: 'Postern' },
      { type: oids.commonName, value: commonName },
    ],
    spki: key.spki,
    subjectKeyIdentifier: await keyIdentifier(key.spki),
    notBefore: now - backdateMs,
    notAfter,
  })
  const der = await signTbs(key, tbs)
  const certificateDer = verify(der, der)
  return database.transaction(async (tx) => {
    await takeLock(tx, locks.authority)
    const other = await findCa(tx, authorityKey, now)
    if (other !== undefined) return other
    const id = newId('outgoingCa', now)
    await tx
      .insertInto('outgoing_cas')
      .values({
        id,
        certificate_der: certificateDer,
        sealed_key: sealPrivateKey(authorityKey, privateKey, contextOf(id)),
        not_after: notAfter,
        created_at: now,
      })
      .execute()
    const { fingerprint256 } = new X509Certificate(certificateDer)
    const sha256 = fingerprint256.replaceAll(':', '').toLowerCase()
    const subject = { organizationId: null, subjectKind: 'outgoing_ca', subjectId: id }
    const entry = { actor: systemActor('authority'), action: 'outgoing_ca.created', ...subject }
    await recordAudit(tx, { ...entry, after: { name: commonName, sha256 } }, now)
    return { certificateDer, key }
  })
}

function verify(der: Uint8Array, issuerDer: Uint8Array): Uint8Array {
  if (new X509Certificate(der).verify(new X509Certificate(issuerDer).publicKey)) return der
  throw new PosternError(
    'profile_violation',
    'What the outgoing CA signed does not verify, so it was not kept. Tell the operator.',
  )
}

/** The keys of the outgoing CAs, under the authority key. */
export const sealedOutgoingCaKeys = toSealedValues({
  name: 'keys of outgoing CAs',
  ...{ table: 'outgoing_cas', id: 'id', column: 'sealed_key', contextOf },
})
