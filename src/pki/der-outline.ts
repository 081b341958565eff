/** Where one element lies: its tag, its header from `from`, its content from `start` to `end`. */
export interface Part {
  tag: number
  from: number
  start: number
  end: number
}

/** Enough to tell apart what identifyDer knows. */
const fewParts = 10

/**
 * The first elements between two positions, as far as the bytes go. Lenient where a DerReader is strict: a
 * length that is left open or reaches too far ends with the bytes.
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
