import { X509Certificate } from 'node:crypto'
import { type ParsedCertificate, parseCertificate } from '../pki/certificate/certificate.ts'
import { isSameBytes } from '../pki/der/same-bytes.ts'

/** What an audit key is certified by: its certificate, and the authorities that may stand between it and the root. */
export interface KeyCertification {
  certificateDer: Uint8Array
  authorities: readonly Uint8Array[]
}

/**
 * Asks whether `root` (DER) certifies a key of the audit log, by way of one of the authorities, and gives the problem.
 * Dates are not compared: what was signed while the certificate held is as true afterwards.
 */
export function findCertificationProblem(
  { certificateDer, authorities }: KeyCertification,
  root: Uint8Array,
): string | undefined {
  const certificate = parseCertificate(certificateDer)
  if (!isAuditCertificate(certificate)) return 'its certificate is not one for the key of an audit log'
  const above = [root, ...authorities].map((der) => parseCertificate(der))
  const issuer = above.find((authority) => isIssuedBy(certificate, authority))
  if (issuer === undefined) return 'no authority that is named has issued its certificate'
  const top = parseCertificate(root)
  if (isSameBytes(issuer.der, top.der) || isIssuedBy(issuer, top)) return undefined
  return 'the root has not certified the authority that issued its certificate'
}

/** A client or a responder has another purpose: the certificate of a customer is none of an audit key. */
const isAuditCertificate = (certificate: ParsedCertificate): boolean =>
  certificate.extendedKeyUsage?.join() === 'documentSigning' &&
  certificate.keyUsage?.join() === 'digitalSignature' &&
  certificate.basicConstraints?.ca !== true &&
  certificate.unknownCriticalExtensions.length === 0

/** Whether `authority` is a CA that issued `certificate`, by its name and its signature. */
export function isIssuedBy(certificate: ParsedCertificate, authority: ParsedCertificate): boolean {
  if (authority.basicConstraints?.ca !== true || authority.keyUsage?.includes('keyCertSign') !== true)
    return false
  if (!isSameBytes(certificate.issuerDer, authority.subjectDer)) return false
  return new X509Certificate(certificate.der).verify(new X509Certificate(authority.der).publicKey)
}
