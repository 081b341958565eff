import type { ParsedCertificate } from '../certificate/certificate.ts'
import { findUnknownExtension } from './validate-path.ts'

/**
 * Returns why a certificate cannot be a client certificate, or undefined; Node and OpenSSL accept all of
 * these. The text ends a sentence that begins with the certificate.
 */
export function findPurposeProblem(certificate: ParsedCertificate): string | undefined {
  const { version, basicConstraints, keyUsage, extendedKeyUsage } = certificate
  if (version !== 3) return `it is a certificate of version ${version} and states no purpose`
  if (basicConstraints?.ca) return 'it is the certificate of a certificate authority'
  if (keyUsage?.includes('keyCertSign') || keyUsage?.includes('cRLSign'))
    return 'its key may sign certificates or revocation lists'
  if (keyUsage !== undefined && !keyUsage.includes('digitalSignature'))
    return 'its key may not be used for signatures'
  if (extendedKeyUsage === undefined)
    return 'it does not state that it is for clients (no extended key usage)'
  if (extendedKeyUsage.includes('anyExtendedKeyUsage')) return 'it is for any purpose instead of for clients'
  if (!extendedKeyUsage.includes('clientAuth'))
    return `it is for ${extendedKeyUsage.join(' and ')} and not for clients`
  return findUnknownExtension(certificate)
}
