import { X509Certificate } from 'node:crypto'
import { findPemBlocks } from '../pki/text/pem.ts'
import { readPemText, type TlsFile, unusable } from './tls-file.ts'

const labels = ['CERTIFICATE', 'X509 CERTIFICATE']
const begin = /-----BEGIN (?:X509 )?CERTIFICATE-----/g
const weakSignature = /md[245]|sha-?1(?![0-9])|sha-?224|(?<!ec)dsa[-_]with[-_]sha/i

/** Returns the certificates of a PEM file in order, at least one. Throws `config_invalid`. */
export function readCertificates(file: TlsFile): [X509Certificate, ...X509Certificate[]] {
  const text = readPemText(file)
  const blocks = findPemBlocks(text)
  const found = blocks.filter(({ label }) => labels.includes(label))
  if (found.length < (text.match(begin) ?? []).length)
    throw unusable(file, 'has a certificate that is no base64 (RFC 7468)', 'Get it from the CA again')
  const [first, ...others] = found.map(({ der }, index) => parse(file, der, index + 1))
  if (first !== undefined) return [first, ...others]
  const rest = blocks.map(({ label }) => label)
  if (rest.some((label) => label.endsWith('PRIVATE KEY')))
    throw unusable(file, 'has a private key and no certificate', 'Name the file of the certificate')
  if (rest.includes('TRUSTED CERTIFICATE'))
    throw unusable(file, 'is in the form of OpenSSL for trusted certificates', 'Write it with openssl x509')
  if (rest.some((label) => label.endsWith('CERTIFICATE REQUEST')))
    throw unusable(file, 'is a CSR and no certificate', 'Name the certificate that the CA made from it')
  throw unusable(file, 'has no certificate in PEM', 'Name a file with -----BEGIN CERTIFICATE-----')
}

function parse(file: TlsFile, der: Uint8Array, place: number): X509Certificate {
  try {
    return new X509Certificate(der)
  } catch {
    throw unusable(
      file,
      `has a certificate (number ${place}) that cannot be read`,
      'Get it from the CA again',
    )
  }
}

/** Returns why clients reject the key of a certificate; undefined if they accept it. */
export function findWeakKey({ publicKey }: X509Certificate): string | undefined {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details = {} } = publicKey
  if (type === 'rsa' || type === 'rsa-pss') {
    const { modulusLength = 0 } = details
    return modulusLength < 2048
      ? `an RSA key of ${modulusLength} bits, and at least 2048 are needed`
      : undefined
  }
  const { namedCurve = 'a curve without a name' } = details
  if (type === 'ec')
    return ['prime256v1', 'secp384r1', 'secp521r1'].includes(namedCurve)
      ? undefined
      : `a key on ${namedCurve}, which clients do not take in TLS`
  return type === 'ed25519' ? undefined : `a key of the kind ${type}, which clients do not take in TLS`
}

/**
 * Returns the name of the signature algorithm if it can be forged or no client accepts it; undefined
 * otherwise.
 */
export function findWeakSignature({ signatureAlgorithm = '' }: X509Certificate): string | undefined {
  return weakSignature.test(signatureAlgorithm) ? signatureAlgorithm : undefined
}

/** Returns whether the certificate is signed with its own key. */
export const isSelfSigned = (certificate: X509Certificate): boolean => hasIssued(certificate, certificate)

/** Returns whether `issuer` has issued `certificate`: by name, by key usage and by signature. */
export const hasIssued = (issuer: X509Certificate, certificate: X509Certificate): boolean =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)

/**
 * Returns whether a certificate is expired or not yet valid, as a text; undefined if it is valid. Both ends
 * of the validity are inclusive (RFC 5280, section 4.1.2.5).
 */
export function findTimeProblem(certificate: X509Certificate, now: number): string | undefined {
  const { validFromDate, validToDate } = certificate
  if (now < validFromDate.getTime()) return `is not valid before ${validFromDate.toISOString()}`
  return now >= validToDate.getTime() + 1000 ? `expired on ${validToDate.toISOString()}` : undefined
}
