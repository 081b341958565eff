import { decodeOid } from './der-oid.ts'
import { tags } from './der-tags.ts'

/** What a piece of DER is, as a person would name it. */
export type DerKind =
  | 'certificate request'
  | 'certificate'
  | 'private key'
  | 'public key'
  | 'certificate revocation list'
  | 'PKCS#12 file'
  | 'PKCS#7 file'
  | 'unknown'

interface Part {
  tag: number
  start: number
  end: number
}

const { integer, octetString, bitString, sequence, oid } = tags
const mostParts = 10

/**
 * What `bytes` look like, by the shape of their outermost parts alone. It is lenient where a reader is
 * strict: a private key that is damaged or badly encoded is still one.
 */
export function identifyDer(bytes: Uint8Array): DerKind {
  const outer = listParts(bytes, 0, bytes.length)[0]
  if (outer?.tag !== sequence) return 'unknown'
  const parts = listParts(bytes, outer.start, outer.end)
  const [first, second, third] = parts.map(({ tag }) => tag)
  if (first === integer) return identifyNumbered(bytes, parts)
  if (first === oid && second === 0xa0) return 'PKCS#7 file'
  if (first !== sequence || !parts[0]) return 'unknown'
  const inner = listParts(bytes, parts[0].start, parts[0].end)
  // RFC 5208, 6: an algorithm, then the encrypted key.
  if (second === octetString) return isKeyEncryption(bytes, inner[0]) ? 'private key' : 'unknown'
  if (second === bitString) return 'public key'
  return second === sequence && third === bitString ? identifySigned(inner) : 'unknown'
}

/** Structures that begin with a version number. */
function identifyNumbered(bytes: Uint8Array, parts: Part[]): DerKind {
  const [first, second, third, fourth] = parts
  // RFC 5915 (EC), RFC 5958 (PKCS#8), then RSA (RFC 8017, A.1.2) and DSA, which are rows of numbers.
  if (second?.tag === octetString || third?.tag === octetString) return 'private key'
  if (second?.tag === integer)
    return third?.tag === integer && fourth?.tag === integer ? 'private key' : 'public key'
  if (second?.tag === sequence && first && bytes[first.start] === 3) return 'PKCS#12 file'
  return 'unknown'
}

/** The first parts of what was signed tell the kinds of signed things apart. */
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

/** PBES1 and PBES2 (PKCS#5) and the algorithms of PKCS#12. */
function isKeyEncryption(bytes: Uint8Array, part: Part | undefined): boolean {
  if (part?.tag !== oid) return false
  const dotted = decodeOid(bytes.subarray(part.start, part.end)) ?? ''
  return dotted.startsWith('1.2.840.113549.1.5.') || dotted.startsWith('1.2.840.113549.1.12.1.')
}

/** Tags and content positions of the first elements, as far as the bytes go. */
function listParts(bytes: Uint8Array, start: number, end: number): Part[] {
  const parts: Part[] = []
  let position = start
  while (position + 1 < end && parts.length < mostParts) {
    const tag = bytes[position] as number
    let length = bytes[position + 1] as number
    position += 2
    if (length >= 0x80) {
      const octets = length & 0x7f
      length = octets === 0 ? end - position : 0
      for (let i = 0; i < octets; i += 1)
        length = Math.min(length * 256 + (bytes[position + i] ?? 0), 2 ** 32)
      position += octets
    }
    const stop = Math.min(position + length, end)
    parts.push({ tag, start: Math.min(position, end), end: stop })
    position = stop
  }
  return parts
}
