import { X509Certificate } from 'node:crypto'
import { type ParsedCertificate, parseCertificate } from '../pki/certificate/certificate.ts'
import { isSameBytes } from '../pki/der/same-bytes.ts'

/** The certificate of an audit key, and possible intermediate CAs below the root. */
export interface KeyCertification {
  certificateDer: Uint8Array
  authorities: readonly Uint8Array[]
}

/**
 * Checks that `root` (DER) certifies an audit key, through one of the CAs, and returns the problem. Dates are
 * not compared: signatures made while the certificate was valid stay valid.
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

/**
 * Returns whether the certificate is for audit keys: client and responder certificates have another purpose.
 */
const isAuditCertificate = (certificate: ParsedCertificate): boolean =>
  certificate.extendedKeyUsage?.join() === 'documentSigning' &&
  certificate.keyUsage?.join() === 'digitalSignature' &&
  certificate.basicConstraints?.ca !== true &&
  certificate.unknownCriticalExtensions.length === 0

/** Returns whether `authority` is a CA that issued `certificate`, by its name and its signature. */
export function isIssuedBy(certificate: ParsedCertificate, authority: ParsedCertificate): boolean {
  if (authority.basicConstraints?.ca !== true || authority.keyUsage?.includes('keyCertSign') !== true)
    return false
  if (!isSameBytes(certificate.issuerDer, authority.subjectDer)) return false
  return new X509Certificate(certificate.der).verify(new X509Certificate(authority.der).publicKey)
}
