import { listParts } from '../../src/pki/der/der-outline.ts'
import { element } from '../../src/pki/der/der-writer.ts'

/** A part of a DER value, which can be changed and encoded again. */
export interface TreeElement {
  tag: number
  content: Uint8Array | TreeElement[]
  /** The octet between the tag of a BIT STRING and the elements in it: the count of unused bits. */
  prefix?: Uint8Array
  /** Encodes the correct length unless a wrong one is set. */
  writeHeader?: (tag: number, length: number) => Uint8Array
}

const maxDepth = 24
const maxElements = 2000

/** Parses the elements of `bytes`, including those in strings that contain DER, as far as possible. */
export function readTree(bytes: Uint8Array): TreeElement[] {
  let left = maxElements
  const read = (from: number, to: number, depth: number): TreeElement[] =>
    listParts(bytes, from, to, left).map(({ tag, start, end }) => {
      left -= 1
      const content = bytes.slice(start, end)
      if (depth > maxDepth || left <= 0) return { tag, content }
      if ((tag & 0x20) !== 0) return { tag, content: read(start, end, depth + 1) }
      const skip = tag === 0x03 ? 1 : 0
      if ((tag !== 0x03 && tag !== 0x04) || !isSequence(bytes, start + skip, end)) return { tag, content }
      return { tag, prefix: bytes.slice(start, start + skip), content: read(start + skip, end, depth + 1) }
    })
  return read(0, bytes.length, 0)
}

function isSequence(bytes: Uint8Array, from: number, to: number): boolean {
  if (bytes[from] !== 0x30) return false
  const [first] = listParts(bytes, from, bytes.length, 1)
  return first?.end === to
}

/** Encodes elements. */
export function writeTree(elements: readonly TreeElement[]): Uint8Array {
  return join(elements.map(writeElement))
}

function writeElement({ tag, content, prefix, writeHeader }: TreeElement): Uint8Array {
  const inner = content instanceof Uint8Array ? content : writeTree(content)
  const whole = prefix ? join([prefix, inner]) : inner
  return writeHeader ? join([writeHeader(tag, whole.length), whole]) : element(tag, whole)
}

/** Concatenates byte arrays. */
export function join(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let position = 0
  for (const piece of pieces) {
    bytes.set(piece, position)
    position += piece.length
  }
  return bytes
}

/** Lists all elements, each with the list that contains it. */
export function listElements(elements: TreeElement[]): { list: TreeElement[]; index: number }[] {
  return elements.flatMap(({ content }, index) => [
    { list: elements, index },
    ...(content instanceof Uint8Array ? [] : listElements(content)),
  ])
}
