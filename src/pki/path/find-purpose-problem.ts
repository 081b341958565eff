import type { CertificatePurpose } from '../../contract/environment.ts'
import type { ParsedCertificate } from '../certificate/certificate.ts'
import { findUnknownExtension } from './validate-path.ts'

/**
 * Returns why a certificate cannot be a client certificate, or undefined; Node and OpenSSL accept all of
 * these. The text ends a sentence that begins with the certificate. `isServerOnlyAccepted` also accepts one
 * that is for TLS servers alone.
 */
export function findPurposeProblem(
  certificate: ParsedCertificate,
  { isServerOnlyAccepted = false } = {},
): string | undefined {
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
  const isAccepted = isServerOnlyAccepted && isServerOnly(certificate)
  if (!extendedKeyUsage.includes('clientAuth') && !isAccepted)
    return `it is for ${extendedKeyUsage.join(' and ')} and not for clients`
  return findUnknownExtension(certificate)
}

/** Returns the purpose of a certificate; `any_or_none` if it states neither TLS clients nor servers. */
export function getPurpose({ extendedKeyUsage = [] }: ParsedCertificate): CertificatePurpose {
  const [isForClients, isForServers] = ['clientAuth', 'serverAuth'].map((one) =>
    (extendedKeyUsage as readonly string[]).includes(one),
  )
  if (isForClients) return isForServers ? 'client_and_server_auth' : 'client_auth'
  return isForServers && !extendedKeyUsage.includes('anyExtendedKeyUsage') ? 'server_auth' : 'any_or_none'
}

/** Returns whether a certificate is for TLS servers and for nothing else. */
const isServerOnly = ({ extendedKeyUsage }: ParsedCertificate): boolean =>
  extendedKeyUsage?.every((purpose) => purpose === 'serverAuth') === true
