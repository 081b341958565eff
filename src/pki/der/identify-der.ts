import { decodeOid } from './der-oid.ts'
import { listParts, type Part } from './der-outline.ts'
import { tags } from './der-tags.ts'

/** The name of a kind of DER for users. */
export type DerKind =
  | 'certificate request'
  | 'certificate'
  | 'private key'
  | 'public key'
  | 'certificate revocation list'
  | 'PKCS#12 file'
  | 'PKCS#7 file'
  | 'Java key store'
  | 'unknown'

const { integer, octetString, bitString, sequence, oid } = tags

const minModulusOctets = 32

/** FEEDFEED and CECECECE (JCEKS), then a version. */
const keyStoreStarts = [0xfeedfeed, 0xcececece]

/**
 * Returns the probable kind of `bytes`, by the structure of their outermost elements. Lenient, unlike a
 * reader: a damaged or badly encoded private key is still identified as one.
 */
export function identifyDer(bytes: Uint8Array): DerKind {
  const outer = listParts(bytes, 0, bytes.length, 1)[0]
  if (outer?.tag !== sequence) return isKeyStore(bytes) ? 'Java key store' : 'unknown'
  const parts = listParts(bytes, outer.start, outer.end)
  const [first, second, third] = parts.map(({ tag }) => tag)
  if (first === integer) return identifyNumbered(bytes, parts)
  if (first === oid && second === 0xa0) return 'PKCS#7 file'
  if (first !== sequence || !parts[0]) return 'unknown'
  const inner = listParts(bytes, parts[0].start, parts[0].end)
  // RFC 5208, section 6: an algorithm, then the encrypted key.
  if (second === octetString) return isKeyEncryption(bytes, inner[0]) ? 'private key' : 'unknown'
  if (second === bitString) return 'public key'
  return second === sequence && third === bitString ? identifySigned(inner) : 'unknown'
}

function isKeyStore(bytes: Uint8Array): boolean {
  const [a = 0, b = 0, c = 0, d = 0] = bytes
  return keyStoreStarts.includes(((a << 24) | (b << 16) | (c << 8) | d) >>> 0)
}

/** Identifies structures that begin with a version number. */
function identifyNumbered(bytes: Uint8Array, parts: Part[]): DerKind {
  const [first, second, third, fourth] = parts
  const isVersion = first !== undefined && first.end - first.start === 1
  // RFC 5915 (EC), RFC 5958 (PKCS#8), then RSA (RFC 8017, appendix A.1.2) and DSA, which are sequences of
  // numbers.
  if (isVersion && second?.tag === octetString) return 'private key'
  if (isVersion && second?.tag === sequence && third?.tag === octetString) return 'private key'
  if (second?.tag === integer) {
    const isModulus = second.end - second.start >= minModulusOctets
    const isRow = third?.tag === integer && fourth?.tag === integer
    // A private key that is cut off within its modulus still begins with the version number, which a public
    // key lacks.
    return isVersion && isModulus && (isRow || third === undefined) ? 'private key' : 'public key'
  }
  if (second?.tag === sequence && first && bytes[first.start] === 3) return 'PKCS#12 file'
  return 'unknown'
}

/** Identifies a signed structure by the first elements of its signed content. */
function identifySigned(parts: Part[]): DerKind {
  const shape = parts.map(({ tag }) => tag)
  if (shape[0] === 0xa0) return 'certificate'
  if (shape[0] === integer && shape[2] === sequence && shape[3] === sequence) return 'certificate'
  if (shape[0] === integer && shape[1] === sequence && shape[2] === sequence && !isTime(shape[3]))
    return 'certificate request'
  return isTime(shape[2]) || isTime(shape[3]) ? 'certificate revocation list' : 'unknown'
}

function isTime(tag: number | undefined): boolean {
  return tag === tags.utcTime || tag === tags.generalizedTime
}

/** Returns whether the algorithm is PBES1 or PBES2 (PKCS#5), or one of PKCS#12. */
function isKeyEncryption(bytes: Uint8Array, part: Part | undefined): boolean {
  if (part?.tag !== oid) return false
  const dotted = decodeOid(bytes.subarray(part.start, part.end)) ?? ''
  return dotted.startsWith('1.2.840.113549.1.5.') || dotted.startsWith('1.2.840.113549.1.12.1.')
}
