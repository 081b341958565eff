import { type ParsedCertificate, parseCertificate } from '../certificate/certificate.ts'
import { malformed } from '../der/malformed.ts'
import { type PublicKey, parsePublicKey } from '../key/public-key.ts'
import type { SignatureAlgorithm } from '../key/signature-algorithm.ts'
import type { IssuerDetails } from './certificate-profile.ts'

/** Returns the algorithm with which an issuer with this key signs. */
export function getSignatureAlgorithm({ algorithm, curve }: PublicKey): SignatureAlgorithm {
  if (algorithm === 'RSA') return 'sha256WithRSAEncryption'
  if (algorithm === 'Ed25519') return 'ed25519'
  return curve === 'P-256' ? 'ecdsa-with-SHA256' : 'ecdsa-with-SHA384'
}

/**
 * Returns the issuer data for certificates and CRLs from the issuer's certificate. Throws
 * `certificate_malformed`.
 */
export function getIssuerDetails(certificate: Uint8Array | ParsedCertificate): IssuerDetails {
  const parsed = certificate instanceof Uint8Array ? parseCertificate(certificate) : certificate
  if (parsed.subjectKeyIdentifier === undefined)
    throw malformed('certificate_malformed', 'an issuer has no key identifier')
  return {
    subjectDer: parsed.subjectDer,
    subjectKeyIdentifier: parsed.subjectKeyIdentifier,
    signatureAlgorithm: getSignatureAlgorithm(parsePublicKey(parsed.spki)),
    notAfter: parsed.notAfter,
  }
}
