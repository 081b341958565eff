import { DerReader } from '../../src/pki/der/der-reader.ts'
import { decodeString, isStringTag } from '../../src/pki/der/der-string.ts'
import { tags } from '../../src/pki/der/der-tags.ts'
import { formatDerTime, formatGeneralizedTime } from '../../src/pki/der/der-time.ts'
import {
  bitString,
  booleanTrue,
  element,
  namedBits,
  nullValue,
  oid,
  textElement,
} from '../../src/pki/der/der-writer.ts'

/** Reads all remaining elements by their types, and encodes them again. */
export function rewriteDer(reader: DerReader): Uint8Array[] {
  const written: Uint8Array[] = []
  while (!reader.isAtEnd()) written.push(rewriteElement(reader))
  return written
}

function rewriteElement(reader: DerReader): Uint8Array {
  const tag = reader.peekTag() as number
  if ((tag & 0x20) !== 0) return element(tag, ...rewriteDer(reader.readConstructed(tag)))
  const rewrite = rewriters[tag] ?? (() => element(tag, reader.readContent(tag)))
  return isStringTag(tag) ? rewriteString(reader, tag) : rewrite(reader)
}

const rewriters: Record<number, (reader: DerReader) => Uint8Array> = {
  [tags.boolean]: (reader) => (reader.readBoolean() ? booleanTrue : Uint8Array.of(tags.boolean, 1, 0)),
  [tags.integer]: (reader) => element(tags.integer, reader.readInteger()),
  [tags.null]: (reader) => {
    reader.readNull()
    return nullValue
  },
  [tags.oid]: (reader) => oid(reader.readOid()),
  [tags.bitString]: rewriteBits,
  [tags.utcTime]: (reader) => {
    const time = reader.readTime()
    // Years before 1950 have no UTCTime, so none is read.
    return textElement(tags.utcTime, formatDerTime(time))
  },
  [tags.generalizedTime]: (reader) => {
    const time = reader.readTime()
    const year = new Date(time).getUTCFullYear()
    // The writer supports no years before 1950.
    if (year < 1950) return element(tags.generalizedTime, timeText(time))
    return textElement(tags.generalizedTime, formatGeneralizedTime(time))
  },
}

const timeText = (time: number) =>
  new TextEncoder().encode(new Date(time).toISOString().replaceAll(/\.\d+|[-:T]/g, ''))

/** Rewrites named bits if there are some, octets otherwise: both are read from the same bytes. */
function rewriteBits(reader: DerReader): Uint8Array {
  const encoded = reader.readEncoded()
  const again = () => new DerReader(encoded, 'certificate_malformed')
  const content = again().readContent(tags.bitString)
  return content[0] === 0 ? bitString(again().readBitString()) : namedBits(again().readNamedBits())
}

/** Rewrites text: what can be read can be written. */
function rewriteString(reader: DerReader, tag: number): Uint8Array {
  const content = reader.readContent(tag)
  const text = decodeString(tag, content)
  if (text === undefined) return element(tag, content)
  if (tag === tags.bmpString || tag === tags.universalString || tag === tags.t61String)
    return element(tag, encodeWide(tag, text))
  return textElement(tag, text)
}

function encodeWide(tag: number, text: string): Uint8Array {
  if (tag === tags.t61String) return Uint8Array.from(text, (letter) => letter.charCodeAt(0))
  if (tag === tags.bmpString)
    return Uint8Array.from(
      Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)).flatMap((unit) => [
        unit >> 8,
        unit & 0xff,
      ]),
    )
  return Uint8Array.from(
    Array.from(text, (letter) => letter.codePointAt(0) as number).flatMap((point) => [
      0,
      point >> 16,
      (point >> 8) & 0xff,
      point & 0xff,
    ]),
  )
}
