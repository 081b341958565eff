import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import { recordAudit } from '../audit/record-audit.ts'
import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { oids } from '../pki/der/oids.ts'
import { isSameBytes } from '../pki/der/same-bytes.ts'
import { keyIdentifier } from '../pki/key/key-identifier.ts'
import { draftAuditCertificate } from '../pki/profile/certificate-profile.ts'
import { getIssuerDetails } from '../pki/profile/issuer-details.ts'
import { SoundTbsCertificate } from '../pki/profile/lint-certificate.ts'
import { systemActor } from '../shapes/actor.ts'
import { newSerialNumber } from '../shapes/serial-number.ts'
import type { Database } from '../storage/database.ts'
import { type KeyAccess, openIssuerKey } from './issuer-key-store.ts'
import { signTbs } from './sign-tbs.ts'

const backdateMs = 300_000

/** The dependencies that certify the audit key. */
export interface CertifyDependencies extends KeyAccess {
  database: Database
  clock: Clock
}

/**
 * Has an issuing CA certify the audit key if it has no certificate: everyone with the root can distinguish
 * the key from one that was planted in the store. It uses the first issuing CA, whose key is available even
 * while the root is offline. Throws `issuer_unavailable` while its token is unavailable.
 */
export async function certifyAuditKey(
  { database, clock, ...access }: CertifyDependencies,
  { keyId, publicKey }: { keyId: string; publicKey: Uint8Array },
): Promise<void> {
  const { queries } = database
  const row = await queries
    .selectFrom('audit_keys')
    .select('certificate_der')
    .where('id', '=', keyId)
    .executeTakeFirst()
  if (row?.certificate_der && isCertificateOf(new Uint8Array(row.certificate_der), publicKey)) return
  const issuer = await queries
    .selectFrom('issuers')
    .innerJoin('issuer_keys', 'issuer_keys.issuer_id', 'issuers.id')
    .select(['issuers.id', 'issuers.certificate_der'])
    .where('kind', '=', 'issuing')
    .orderBy('issuers.created_at')
    .orderBy('issuers.id')
    .executeTakeFirst()
  if (issuer === undefined)
    throw new PosternError('issuer_unavailable', 'There is no issuing CA yet. Start the portal once.')
  const now = clock.now()
  const { serialNumber, tbs } = await draft(new Uint8Array(issuer.certificate_der), publicKey, now)
  const der = await signTbs(await openIssuerKey(queries, access, issuer.id), tbs)
  const issuerKey = new X509Certificate(issuer.certificate_der).publicKey
  if (!new X509Certificate(der).verify(issuerKey))
    throw new PosternError('profile_violation', 'The certificate of the audit key does not verify.')
  await database.transaction(async (tx) => {
    await tx.updateTable('audit_keys').set({ certificate_der: der }).where('id', '=', keyId).execute()
    const after = {
      serialNumber,
      issuerId: issuer.id,
      sha256: createHash('sha256').update(der).digest('hex'),
    }
    const subject = { organizationId: null, subjectKind: 'audit-key', subjectId: keyId }
    const entry = { actor: systemActor('authority'), action: 'audit_key.certified', ...subject, after }
    await recordAudit(tx, entry, now)
  })
}

async function draft(issuerDer: Uint8Array, spki: Uint8Array, now: number) {
  const issuer = getIssuerDetails(issuerDer)
  const serialNumber = newSerialNumber(randomBytes)
  const tbs = draftAuditCertificate({
    issuer,
    serialNumber,
    subject: [
      { type: oids.organizationName, value: 'Postern' },
      { type: oids.commonName, value: `Postern audit log ${serialNumber.slice(-8)}` },
    ],
    spki,
    subjectKeyIdentifier: await keyIdentifier(spki),
    notBefore: now - backdateMs,
    notAfter: issuer.notAfter,
  })
  return { serialNumber, tbs: new SoundTbsCertificate('audit', tbs, issuer) }
}

/**
 * Returns whether the certificate is that of the key. A different one was planted or damaged: the key is
 * certified again.
 */
function isCertificateOf(der: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return isSameBytes(parseCertificate(der).spki, publicKey)
  } catch {
    return false
  }
}
