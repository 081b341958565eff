import { encodeOid } from './der-oid.ts'
import { tags } from './der-tags.ts'
import { formatDerTime, formatGeneralizedTime, isUtcTime } from './der-time.ts'

const textEncoder = new TextEncoder()

/** Returns the number of octets in the length field of a content of `length` octets. */
function lengthSize(length: number): number {
  if (length < 0x80) return 1
  let octets = 1
  for (let left = length; left > 0; left = Math.floor(left / 256)) octets += 1
  return octets
}

/** Writes tag and length at `position` and returns the position of the content. */
function writeHeader(target: Uint8Array, position: number, tag: number, length: number): number {
  const size = lengthSize(length)
  target[position] = tag
  target[position + 1] = size === 1 ? length : 0x80 | (size - 1)
  for (let i = size, left = length; i > 1; i -= 1, left = Math.floor(left / 256))
    target[position + i] = left & 0xff
  return position + 1 + size
}

/** Returns one element with this tag; its content is the concatenation of the parts. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const encoded = new Uint8Array(1 + lengthSize(length) + length)
  let position = writeHeader(encoded, 0, tag, length)
  for (const part of parts) {
    encoded.set(part, position)
    position += part.length
  }
  return encoded
}

/** Returns tag and length of an element whose content of `length` octets is written separately. */
export function elementHeader(tag: number, length: number): Uint8Array {
  const header = new Uint8Array(1 + lengthSize(length))
  writeHeader(header, 0, tag, length)
  return header
}

export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => element(tags.sequence, ...parts)

/** Returns a SET OF: DER sorts its members by their octets (X.690, section 11.6). */
export function setOf(members: readonly Uint8Array[]): Uint8Array {
  return element(tags.set, ...members.toSorted(compareBytes))
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length)
  for (let i = 0; i < shorter; i += 1) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number)
  return a.length - b.length
}

/** Returns an INTEGER from the big-endian octets of a non-negative number. */
export function unsignedInteger(magnitude: Uint8Array): Uint8Array {
  let start = 0
  while (start < magnitude.length - 1 && magnitude[start] === 0) start += 1
  const digits = magnitude.subarray(start)
  const needsSign = (digits[0] ?? 0x80) >= 0x80
  return needsSign ? element(tags.integer, Uint8Array.of(0), digits) : element(tags.integer, digits)
}

/** Returns an INTEGER from a non-negative number; throws a RangeError otherwise. */
export function integer(value: number | bigint): Uint8Array {
  if (value < 0) throw new RangeError('negative integer')
  const octets: number[] = []
  for (let left = BigInt(value); left > 0n; left >>= 8n) octets.unshift(Number(left & 0xffn))
  return unsignedInteger(Uint8Array.from(octets))
}

export const oid = (dotted: string): Uint8Array => element(tags.oid, encodeOid(dotted))
export const octetString = (...parts: readonly Uint8Array[]): Uint8Array =>
  element(tags.octetString, ...parts)
export const bitString = (bytes: Uint8Array): Uint8Array => element(tags.bitString, Uint8Array.of(0), bytes)

/** Returns a BIT STRING of named bits without trailing zero bits (X.690, section 11.2.2). */
export function namedBits(bits: readonly number[]): Uint8Array {
  const highest = Math.max(-1, ...bits)
  const content = new Uint8Array(1 + Math.ceil((highest + 1) / 8))
  content[0] = highest < 0 ? 0 : 7 - (highest % 8)
  for (const bit of bits) content[1 + (bit >> 3)] = (content[1 + (bit >> 3)] as number) | (0x80 >> (bit & 7))
  return element(tags.bitString, content)
}

/** TRUE; FALSE is never written, because every BOOLEAN of X.509 defaults to it. */
export const booleanTrue: Uint8Array = Uint8Array.of(tags.boolean, 1, 0xff)
export const nullValue: Uint8Array = Uint8Array.of(tags.null, 0)

/** Returns the UTF-8 octets of `text` under this tag; the caller has to check that the type can hold them. */
export const textElement = (tag: number, text: string): Uint8Array => element(tag, textEncoder.encode(text))

/** Returns UTCTime through 2049, GeneralizedTime after (RFC 5280, section 4.1.2.5), to the second. */
export function time(milliseconds: number): Uint8Array {
  const tag = isUtcTime(milliseconds) ? tags.utcTime : tags.generalizedTime
  return textElement(tag, formatDerTime(milliseconds))
}

/** Returns GeneralizedTime for every year, as OCSP requires (RFC 6960, section 4.2.1), to the second. */
export function generalizedTime(milliseconds: number): Uint8Array {
  return textElement(tags.generalizedTime, formatGeneralizedTime(milliseconds))
}
