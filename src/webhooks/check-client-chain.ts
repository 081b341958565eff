import { createHash, createPublicKey, X509Certificate } from 'node:crypto'
import { PosternError } from '../errors.ts'
import type { ParsedCertificate } from '../pki/certificate/certificate.ts'
import { findCertificates } from '../pki/certificate/find-certificates.ts'
import { findWeakness } from '../pki/certificate/find-weakness.ts'
import { isSameBytes } from '../pki/der/same-bytes.ts'
import { comparableName } from '../pki/name/comparable-name.ts'
import { formatName } from '../pki/name/name.ts'
import { findPurposeProblem } from '../pki/path/find-purpose-problem.ts'
import { toPem } from '../pki/text/pem.ts'
import { toText } from '../shapes/moment.ts'
import { webhookLimits } from './webhook-limits.ts'

/** A client certificate with those above it. Times are milliseconds since 1970. */
export interface ClientChain {
  /** PEM: the certificate first, then each issuer after what it has issued. */
  pem: string
  /** SHA-256 of the certificate, hex. */
  fingerprintSha256: string
  notBefore: number
  /** When the first of them ends. */
  notAfter: number
}

/**
 * Reads what a CA of a customer has issued for a key of Postern, in whichever order it comes: the certificate of the key,
 * for TLS clients and valid now, and the CAs above it, each of which has signed the one before. Throws
 * `certificate_unreadable`, `certificate_is_private_key`, `certificate_unsuitable` and `certificate_not_current`.
 */
export function checkClientChain(text: string, spki: Uint8Array, now: number): ClientChain {
  const given = findCertificates(text)
  const leaf = given.find((one) => isSameBytes(one.spki, spki))
  if (leaf === undefined)
    throw unfit(
      'none of the certificates is for the key of this CSR. Have the CSR signed that belongs to this entry, and enter what your CA returned',
    )
  const problem = findPurposeProblem(leaf) ?? findWeakness(leaf)
  if (problem !== undefined)
    throw unfit(`${problem}. Have your CA issue a certificate for TLS clients (clientAuth)`)
  const chain = orderChain(leaf, given)
  for (const one of chain) assertCurrent(one, now)
  return {
    pem: chain.map(({ der }) => toPem('CERTIFICATE', der)).join(''),
    fingerprintSha256: getFingerprint(leaf.der),
    notBefore: Math.max(...chain.map(({ notBefore }) => notBefore)),
    notAfter: Math.min(...chain.map(({ notAfter }) => notAfter)),
  }
}

/** Returns the SHA-256 of a certificate, hex. */
export const getFingerprint = (der: Uint8Array): string => createHash('sha256').update(der).digest('hex')

function orderChain(leaf: ParsedCertificate, given: readonly ParsedCertificate[]): ParsedCertificate[] {
  const chain = [leaf]
  let left = given.filter(({ der }) => !isSameBytes(der, leaf.der))
  while (left.length > 0) {
    const last = chain.at(-1) as ParsedCertificate
    const issuer = left.find((one) => hasIssued(one, last))
    if (issuer === undefined)
      throw unfit(
        `${nameOf(left[0])} has not issued ${nameOf(last)}. Enter the certificate and the CAs above it, and nothing else`,
      )
    chain.push(issuer)
    left = left.filter(({ der }) => !isSameBytes(der, issuer.der))
  }
  if (chain.length <= webhookLimits.chain) return chain
  throw unfit(`there are more than ${webhookLimits.chain} certificates. Leave the root out`)
}

const nameOf = (certificate: ParsedCertificate | undefined) =>
  (certificate && formatName(certificate.subject)) || 'a certificate with an empty subject'

function hasIssued(issuer: ParsedCertificate, issued: ParsedCertificate): boolean {
  if (!issuer.basicConstraints?.ca) return false
  if (comparableName(issuer.subjectDer) !== comparableName(issued.issuerDer)) return false
  try {
    const key = createPublicKey({ key: Buffer.from(issuer.spki), format: 'der', type: 'spki' })
    return new X509Certificate(issued.der).verify(key)
  } catch {
    // OpenSSL does not know the key, or the algorithm of the signature.
    return false
  }
}

function assertCurrent(certificate: ParsedCertificate, now: number): void {
  const { notBefore, notAfter } = certificate
  if (now < notBefore) throw notCurrent(`${nameOf(certificate)} is valid only from ${toText(notBefore)} on`)
  if (now >= notAfter + 1000) throw notCurrent(`${nameOf(certificate)} expired at ${toText(notAfter)}`)
}

const notCurrent = (problem: string) =>
  new PosternError('certificate_not_current', `The chain was not stored: ${problem}.`)

const unfit = (problem: string) =>
  new PosternError('certificate_unsuitable', `The chain was not stored: ${problem}.`)
