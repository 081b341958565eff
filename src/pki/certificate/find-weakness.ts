import { PosternError } from '../../errors.ts'
import { DerReader } from '../der/der-reader.ts'
import { parsePublicKey } from '../key/public-key.ts'
import { parseSignatureAlgorithm } from '../key/signature-algorithm.ts'
import type { ParsedCertificate } from './certificate.ts'
import { parseTbsCertificate } from './tbs-certificate.ts'

const code = 'certificate_malformed'
/** NIST SP 800-131A: RSA below this has less than 112 bits of security. */
const minRsaBits = 2048
const strongHashes = ['SHA-256', 'SHA-384', 'SHA-512']

/**
 * Returns why the key of a certificate, or its signature, is too weak; undefined if both are strong enough:
 * RSA from 2048 bits, the curves P-256, P-384 and P-521, Ed25519, and SHA-2 or EdDSA for the signature. It
 * does not detect badly generated keys. The text ends a sentence that begins with the certificate.
 */
export function findWeakness(certificate: ParsedCertificate): string | undefined {
  return findWeakSignature(certificate) ?? findWeakKey(certificate)
}

function findWeakSignature({ tbs }: ParsedCertificate): string | undefined {
  const { signatureAlgorithmDer } = parseTbsCertificate(tbs, code)
  const algorithm = tryRead(() => parseSignatureAlgorithm(new DerReader(signatureAlgorithmDer, code)))
  if (algorithm?.keyAlgorithm === undefined) return 'it is signed in a way that is not accepted'
  if (algorithm.hash !== undefined && !strongHashes.includes(algorithm.hash))
    return `it is signed with ${algorithm.hash}, which can be forged`
  return undefined
}

function findWeakKey({ spki }: ParsedCertificate): string | undefined {
  const key = tryRead(() => parsePublicKey(spki))
  if (key === undefined) return 'its key is of a kind that is not accepted'
  return key.algorithm === 'RSA' && key.bits < minRsaBits
    ? `its RSA key has ${key.bits} bits, and at least ${minRsaBits} are needed`
    : undefined
}

function tryRead<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof PosternError) return undefined
    throw error
  }
}
