import { tags } from './der-tags.ts'

/** The position of one element: its tag, its header from `from`, its content from `start` to `end`. */
export interface Part {
  tag: number
  from: number
  start: number
  end: number
}

/** Enough to distinguish the kinds that identifyDer knows. */
const fewParts = 10

/**
 * Lists the first elements between two positions. Lenient, unlike a DerReader: an element of indefinite or
 * excessive length ends with the bytes.
 */
export function listParts(bytes: Uint8Array, from: number, to: number, most = fewParts): Part[] {
  const parts: Part[] = []
  let position = from
  while (position + 1 < to && parts.length < most) {
    const part = readPart(bytes, position, to)
    parts.push(part)
    position = part.end
  }
  return parts
}

/**
 * Returns the end of the SEQUENCE at the start of `bytes`, by its own length; undefined if that is indefinite
 * or excessive.
 */
export function findElementEnd(bytes: Uint8Array): number | undefined {
  const [tag, length = 0x80] = bytes
  const octets = length & 0x80 ? length & 0x7f : 0
  if (tag !== tags.sequence || length === 0x80 || octets > 4) return undefined
  let size = octets === 0 ? length : 0
  for (let i = 0; i < octets; i += 1) size = size * 256 + (bytes[2 + i] ?? 0)
  const end = 2 + octets + size
  return end <= bytes.length ? end : undefined
}

function readPart(bytes: Uint8Array, from: number, to: number): Part {
  let length = bytes[from + 1] as number
  let start = from + 2
  if (length >= 0x80) {
    const octets = length & 0x7f
    length = octets === 0 ? to - start : 0
    for (let i = 0; i < octets; i += 1) length = Math.min(length * 256 + (bytes[start + i] ?? 0), 2 ** 32)
    start += octets
  }
  return { tag: bytes[from] as number, from, start: Math.min(start, to), end: Math.min(start + length, to) }
}
