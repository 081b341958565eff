import { type ParsedCertificate, parseCertificate } from '../certificate/certificate.ts'
import { malformed } from '../der/malformed.ts'
import { type PublicKey, parsePublicKey } from '../key/public-key.ts'
import type { SignatureAlgorithm } from '../key/signature-algorithm.ts'
import type { IssuerFacts } from './certificate-profile.ts'

/** The algorithm that an issuer with this key signs with. */
export function signatureAlgorithmOf({ algorithm, curve }: PublicKey): SignatureAlgorithm {
  if (algorithm === 'RSA') return 'sha256WithRSAEncryption'
  if (algorithm === 'Ed25519') return 'ed25519'
  return curve === 'P-256' ? 'ecdsa-with-SHA256' : 'ecdsa-with-SHA384'
}

/** What certificates and lists need to know of the issuer whose certificate this is. Throws `certificate_malformed`. */
export function issuerFactsOf(certificate: Uint8Array | ParsedCertificate): IssuerFacts {
  const parsed = certificate instanceof Uint8Array ? parseCertificate(certificate) : certificate
  if (parsed.subjectKeyIdentifier === undefined)
    throw malformed('certificate_malformed', 'an issuer has no key identifier')
  return {
    subjectDer: parsed.subjectDer,
    subjectKeyIdentifier: parsed.subjectKeyIdentifier,
    signatureAlgorithm: signatureAlgorithmOf(parsePublicKey(parsed.spki)),
    notAfter: parsed.notAfter,
  }
}
