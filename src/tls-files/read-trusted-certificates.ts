import { findTimeProblem, isSelfSigned, readCertificates } from './read-certificates.ts'
import { type TlsFile, unusable } from './tls-file.ts'

/**
 * Returns the certificates of the CAs that a peer's certificate may come from, PEM; a self-signed certificate
 * of a peer may stand for its CA. Throws `config_invalid` in a sentence that names setting and file, also if
 * none of them is valid at `now`.
 */
export function readTrustedCertificates(file: TlsFile, now: number): string {
  const all = readCertificates(file)
  const useless = all.findIndex((certificate) => !certificate.ca && !isSelfSigned(certificate))
  if (useless >= 0)
    throw unusable(
      file,
      `has a certificate (number ${useless + 1}) that is not one of a CA: nothing can be verified with it`,
      'Name the certificate of the CA that issued it',
    )
  const problems = all.map((certificate) => findTimeProblem(certificate, now))
  // A bundle may contain expired certificates next to their replacements.
  if (problems.every((problem) => problem !== undefined))
    throw unusable(file, `has no certificate that is valid: it ${problems[0]}`, 'Put the present ones there')
  return all.map((certificate) => certificate.toString()).join('')
}
