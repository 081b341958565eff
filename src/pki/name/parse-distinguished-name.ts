import { DerReader } from '../der/der-reader.ts'
import { decodeString, isStringTag } from '../der/der-string.ts'
import { fromHex, toHex } from '../der/fingerprint.ts'
import { oids } from '../der/oids.ts'
import { attributeLabel, type DistinguishedName } from './name.ts'

/** Maps the labels that `formatName` writes, in capitals, to object identifiers. */
const types = new Map<string, string>(
  Object.values(oids).map((oid) => [attributeLabel(oid).toUpperCase(), oid]),
)

/**
 * Parses a name in the format of RFC 4514: the last attribute first. Returns undefined for any other text.
 * Attributes may be joined by `+`; types may be labels or dotted numbers, and a value the hex of its encoding
 * after `#` (RFC 4514, section 2.4).
 */
export function parseDistinguishedName(text: string): DistinguishedName | undefined {
  const parts = splitUnescaped(text)
  // There is exactly one separator between two parts: no part is empty, and no escape is incomplete.
  const isWhole = parts.reduce((sum, part) => sum + part.length, 0) + parts.length - 1 === text.length
  const name = parts.map(parseAttribute)
  return isWhole && name.every((attribute) => attribute !== undefined) ? name.reverse() : undefined
}

/**
 * Returns whether two names are equal (RFC 5280, section 7.1): the same types in the same order, values
 * compared without regard to case and to runs of spaces.
 */
export function isSameName(a: DistinguishedName, b: DistinguishedName): boolean {
  return (
    a.length === b.length &&
    a.every(({ type, value }, i) => type === b[i]?.type && prepare(value) === prepare(b[i]?.value ?? ''))
  )
}

const prepare = (value: string) => value.normalize('NFKC').toLowerCase().trim().replaceAll(/\s+/g, ' ')

function splitUnescaped(text: string): string[] {
  return text.match(/(?:\\[\s\S]|"(?:\\[\s\S]|[^"\\])*"|[^,+;\\"])+/g) ?? []
}

function parseAttribute(part: string): { type: string; value: string } | undefined {
  const equals = part.indexOf('=')
  const label = part
    .slice(0, Math.max(equals, 0))
    .trim()
    .toUpperCase()
    .replace(/^OID\./, '')
  const type = objectIdentifier.test(label) ? label : types.get(label)
  if (type === undefined) return undefined
  const raw = trimSpaces(part.slice(equals + 1))
  if (raw.startsWith('#')) return decodeHex(type, raw.slice(1))
  const value = raw.startsWith('"') && raw.endsWith('"') ? raw.slice(1, -1) : raw
  return { type, value: decodeEscapes(value) }
}

/**
 * X.660, section 7.6: the first arc is 0, 1 or 2, the second below 40 under the first two, and no arc has a
 * leading zero.
 */
const objectIdentifier = /^(?:[01]\.[123]?\d|2\.(?:0|[1-9]\d*))(?:\.(?:0|[1-9]\d*))*$/

/** Decodes a value: the text of a string, and `#` with the hex of anything else, as in {@link parseName}. */
function decodeHex(type: string, hex: string): { type: string; value: string } | undefined {
  if (!/^(?:[0-9a-f]{2})+$/i.test(hex)) return undefined
  try {
    const reader = new DerReader(fromHex(hex), 'certificate_malformed')
    const tag = reader.peekTag() ?? 0
    const value = isStringTag(tag)
      ? decodeString(tag, reader.readContent(tag))
      : `#${toHex(reader.readWhole())}`
    reader.assertEnd()
    return value === undefined ? undefined : { type, value }
  } catch {
    return undefined
  }
}

/** Removes the surrounding spaces; an escaped space belongs to the value. */
function trimSpaces(text: string): string {
  const start = text.search(/[^ ]|$/)
  let end = text.length
  while (end > start && text[end - 1] === ' ') end -= 1
  return text.slice(start, text[end - 1] === '\\' ? end + 1 : end)
}

/** Decodes escapes: `\2C` stands for octets of UTF-8, `\,` for the character itself. */
function decodeEscapes(value: string): string {
  if (!value.includes('\\')) return value
  const bytes: number[] = []
  const encoder = new TextEncoder()
  for (const [piece] of value.matchAll(/\\[0-9a-f]{2}|\\?[\s\S]/giu)) {
    if (/^\\[0-9a-f]{2}$/i.test(piece)) bytes.push(Number.parseInt(piece.slice(1), 16))
    else bytes.push(...encoder.encode(piece.length > 1 && piece.startsWith('\\') ? piece.slice(1) : piece))
  }
  return new TextDecoder().decode(Uint8Array.from(bytes))
}
