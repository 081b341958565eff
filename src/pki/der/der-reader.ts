import { decodeOid } from './der-oid.ts'
import { tags } from './der-tags.ts'
import { parseDerTime } from './der-time.ts'
import { type MalformedCode, malformed } from './malformed.ts'

const maxDepth = 16
/** Lengths have at most three octets: 16 MiB, far above anything that is read here. */
const maxLengthOctets = 3

/**
 * Reads DER (X.690) strictly and forwards only: definite minimal lengths, minimal integers and identifiers,
 * primitive strings, at most 16 levels. Nothing is copied: results are views of the input. Every deviation
 * throws the PosternError that {@link malformed} returns for `code`.
 */
export class DerReader {
  readonly #bytes: Uint8Array
  readonly #code: MalformedCode
  readonly #end: number
  #depth = 0
  #position: number

  constructor(bytes: Uint8Array, code: MalformedCode, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#code = code
    this.#position = start
    this.#end = end
  }

  /** Returns the error for well-formed DER with unexpected content. */
  refusal(problem: string): Error {
    return malformed(this.#code, problem)
  }

  /** Returns whether the input is completely read. */
  isAtEnd(): boolean {
    return this.#position === this.#end
  }

  /** Throws unless the input is completely read. */
  assertEnd(): void {
    if (!this.isAtEnd()) throw this.refusal('there is more data than belongs there')
  }

  /** Returns whether the next element has this tag. */
  isNext(tag: number): boolean {
    return this.#position < this.#end && this.#bytes[this.#position] === tag
  }

  /** Returns the tag of the next element, or `undefined` at the end. */
  peekTag(): number | undefined {
    return this.#position < this.#end ? this.#bytes[this.#position] : undefined
  }

  /** Reads the next element of any type, with its header. */
  readEncoded(): Uint8Array {
    const start = this.#position
    this.#position = this.#readHeader().end
    return this.#bytes.subarray(start, this.#position)
  }

  /** Reads the next element of any type, with its header, if the elements in it are complete as well. */
  readWhole(): Uint8Array {
    const start = this.#position
    const tag = this.peekTag() ?? 0
    if ((tag & 0x20) === 0) return this.readEncoded()
    const inner = this.readConstructed(tag)
    while (!inner.isAtEnd()) inner.readWhole()
    return this.#bytes.subarray(start, this.#position)
  }

  /** Reads the next element, which must have this tag, and returns a reader of its content. */
  readConstructed(tag: number): DerReader {
    const { start, end } = this.#take(tag)
    const inner = new DerReader(this.#bytes, this.#code, start, end)
    inner.#depth = this.#depth + 1
    if (inner.#depth > maxDepth) throw this.refusal('it is nested too deeply')
    return inner
  }

  readSequence(): DerReader {
    return this.readConstructed(tags.sequence)
  }

  /** Reads the next element, which must have this tag, and returns its content octets. */
  readContent(tag: number): Uint8Array {
    const { start, end } = this.#take(tag)
    return this.#bytes.subarray(start, end)
  }

  /** Reads an INTEGER and returns its two's complement octets, at least one. */
  readInteger(tag: number = tags.integer): Uint8Array {
    const content = this.readContent(tag)
    const [first, second] = content
    if (first === undefined) throw this.refusal('an integer is empty')
    // X.690, section 8.3.2: the first nine bits are never all equal.
    if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)))
      throw this.refusal('an integer is longer than it needs to be')
    return content
  }

  /** Reads an INTEGER from 0 to 2³¹ − 1. */
  readSmallInteger(tag: number = tags.integer): number {
    const content = this.readInteger(tag)
    if ((content[0] as number) >= 0x80 || content.length > 4) throw this.refusal('a number is out of range')
    return content.reduce((sum, octet) => sum * 256 + octet, 0)
  }

  readBoolean(): boolean {
    const content = this.readContent(tags.boolean)
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff))
      throw this.refusal('a truth value is not encoded as DER demands')
    return content[0] === 0xff
  }

  /** Reads a BOOLEAN DEFAULT FALSE, which DER omits if it is false (X.690, section 11.5). */
  readTrueOrAbsent(): boolean {
    if (!this.isNext(tags.boolean)) return false
    if (!this.readBoolean()) throw this.refusal('a default value is written out')
    return true
  }

  readNull(): void {
    if (this.readContent(tags.null).length > 0) throw this.refusal('a NULL is not empty')
  }

  /** Reads an OBJECT IDENTIFIER in dotted form. */
  readOid(tag: number = tags.oid): string {
    const dotted = decodeOid(this.readContent(tag))
    if (dotted === undefined) throw this.refusal('an object identifier is not encoded as DER demands')
    return dotted
  }

  /** Reads a BIT STRING of whole octets, as keys and signatures have. */
  readBitString(): Uint8Array {
    const content = this.readContent(tags.bitString)
    if (content[0] !== 0) throw this.refusal('a bit string does not hold whole octets')
    return content.subarray(1)
  }

  /**
   * Reads a BIT STRING of named bits (X.690, section 11.2.2: no trailing zero bit) and returns the numbers of
   * those set.
   */
  readNamedBits(): number[] {
    const content = this.readContent(tags.bitString)
    const unused = content[0] ?? 8
    const last = content.at(-1) ?? 0
    const isCanonical =
      content.length === 1 ? unused === 0 : unused < 8 && (last & ((2 << unused) - 1)) === 1 << unused
    if (!isCanonical || content.length > 9) throw this.refusal('a set of flags is not encoded as DER demands')
    const set: number[] = []
    for (let bit = 0; bit < (content.length - 1) * 8; bit += 1)
      if (((content[1 + (bit >> 3)] as number) >> (7 - (bit & 7))) & 1) set.push(bit)
    return set
  }

  /**
   * Reads a UTCTime or GeneralizedTime in the forms of RFC 5280, section 4.1.2.5, as milliseconds since 1970.
   */
  readTime(): number {
    const isUtc = this.isNext(tags.utcTime)
    const time = parseDerTime(this.readContent(isUtc ? tags.utcTime : tags.generalizedTime), isUtc)
    if (time === undefined) throw this.refusal('a date is not valid')
    return time
  }

  #take(tag: number): { start: number; end: number } {
    if (!this.isNext(tag)) throw this.refusal('a part is missing or of another kind than expected')
    const content = this.#readHeader()
    this.#position = content.end
    return content
  }

  #readHeader(): { start: number; end: number } {
    const bytes = this.#bytes
    let position = this.#position
    if (position + 2 > this.#end) throw this.refusal('it is cut short')
    // X.690, section 8.1.2.4: X.509 has no types with identifiers of several octets.
    if (((bytes[position] as number) & 0x1f) === 0x1f) throw this.refusal('it holds an unknown type')
    let length = bytes[position + 1] as number
    position += 2
    if (length >= 0x80) {
      const octets = length & 0x7f
      length = this.#readLongLength(position, octets)
      position += octets
    }
    if (length > this.#end - position) throw this.refusal('it is cut short')
    return { start: position, end: position + length }
  }

  #readLongLength(position: number, octets: number): number {
    if (octets === 0) throw this.refusal('a length is left open, which DER forbids')
    if (octets > maxLengthOctets) throw this.refusal('it is too large')
    if (position + octets > this.#end) throw this.refusal('it is cut short')
    let length = 0
    for (let i = 0; i < octets; i += 1) length = length * 256 + (this.#bytes[position + i] as number)
    if (length < 0x80 || length < 256 ** (octets - 1))
      throw this.refusal('a length is longer than it needs to be')
    return length
  }
}

/** Returns a reader of the content of the single SEQUENCE in `bytes`, with nothing after it. */
export function openSequence(bytes: Uint8Array, code: MalformedCode): DerReader {
  const outer = new DerReader(bytes, code)
  const content = outer.readSequence()
  outer.assertEnd()
  return content
}
