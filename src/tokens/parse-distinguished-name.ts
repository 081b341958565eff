import { attributeLabel, type DistinguishedName } from '../pki/name.ts'
import { oids } from '../pki/oids.ts'

/** From the label that `formatName` writes, in capitals, to the object identifier. */
const types = new Map<string, string>(
  Object.values(oids).map((oid) => [attributeLabel(oid).toUpperCase(), oid]),
)

/**
 * Reads a name as RFC 4514 writes it: the last attribute first. Gives nothing for a text that is no
 * such name. Attributes may be joined by `+`; types may be labels or dotted numbers.
 */
export function parseDistinguishedName(text: string): DistinguishedName | undefined {
  const parts = splitUnescaped(text)
  const name = parts.map(parseAttribute)
  return name.every((attribute) => attribute !== undefined) ? name.reverse() : undefined
}

/**
 * Whether two names are the same (RFC 5280, 7.1): the same types in the same order, values compared
 * without regard to case and to runs of spaces.
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
  const type = /^\d+(\.\d+)+$/.test(label) ? label : types.get(label)
  if (type === undefined) return undefined
  const raw = trimSpaces(part.slice(equals + 1))
  const value = raw.startsWith('"') && raw.endsWith('"') ? raw.slice(1, -1) : raw
  return { type, value: decodeEscapes(value) }
}

/** Without the spaces around it; one behind a backslash belongs to the value. */
function trimSpaces(text: string): string {
  const start = text.search(/[^ ]|$/)
  let end = text.length
  while (end > start && text[end - 1] === ' ') end -= 1
  return text.slice(start, text[end - 1] === '\\' ? end + 1 : end)
}

/** `\2C` are the octets of UTF-8, `\,` is the character itself. */
function decodeEscapes(value: string): string {
  if (!value.includes('\\')) return value
  const bytes: number[] = []
  for (const [piece] of value.matchAll(/\\[0-9a-f]{2}|\\?[\s\S]/giu)) {
    if (/^\\[0-9a-f]{2}$/i.test(piece)) bytes.push(Number.parseInt(piece.slice(1), 16))
    else bytes.push(...Buffer.from(piece.length > 1 && piece.startsWith('\\') ? piece.slice(1) : piece))
  }
  return Buffer.from(bytes).toString('utf8')
}
