import { hiddenCharacters } from '../../contract/hidden-characters.ts'
import type { DerReader } from '../der/der-reader.ts'
import { decodeString, guessString, isStringTag } from '../der/der-string.ts'
import { tags } from '../der/der-tags.ts'
import { oid, sequence, setOf, textElement } from '../der/der-writer.ts'
import { toHex } from '../der/fingerprint.ts'
import { oids } from '../der/oids.ts'

/** One attribute of a name; `type` is its object identifier in dotted form. */
export interface NameAttribute {
  type: string
  value: string
}

/**
 * A name as a list of attributes in the order in which it is encoded. Attributes that share one
 * RelativeDistinguishedName stand beside each other; where two names must be the same, compare their DER.
 */
export type DistinguishedName = NameAttribute[]

/** RFC 5280, appendix A: these types have one string type only. */
const stringTypes = new Map<string, number>([
  [oids.countryName, tags.printableString],
  [oids.serialNumber, tags.printableString],
  [oids.dnQualifier, tags.printableString],
  [oids.emailAddress, tags.ia5String],
  [oids.domainComponent, tags.ia5String],
])

/** The DER of a Name: each attribute by itself, UTF8String wherever RFC 5280 leaves the choice. */
export function encodeName(name: DistinguishedName): Uint8Array {
  return sequence(
    ...name.map(({ type, value }) =>
      setOf([sequence(oid(type), textElement(stringTypes.get(type) ?? tags.utf8String, value))]),
    ),
  )
}

/** Takes a Name. A value that is no string is given as `#` and its DER in hex, as RFC 4514, 2.4 writes it. */
export function parseName(reader: DerReader): DistinguishedName {
  return parseTaggedName(reader).map(({ type, value }) => ({ type, value }))
}

/**
 * Takes the Name of a CSR. No certificate takes it over, so a value may hold octets that its string type does not
 * have: it is shown as UTF-8 or Latin-1, whichever it is.
 */
export function parseRequestedName(reader: DerReader): DistinguishedName {
  return parseTaggedName(reader, guessString).map(({ type, value }) => ({ type, value }))
}

/** Takes a Name and gives its attributes with the tags of their string types. */
export function parseTaggedName(
  reader: DerReader,
  decode: StringDecoder = decodeString,
): (NameAttribute & { tag: number })[] {
  const attributes: (NameAttribute & { tag: number })[] = []
  const names = reader.readSequence()
  while (!names.isAtEnd()) {
    const set = names.readConstructed(tags.set)
    do {
      const attribute = set.readSequence()
      const type = attribute.readOid()
      attributes.push({ type, ...readValue(attribute, decode) })
      attribute.assertEnd()
    } while (!set.isAtEnd())
  }
  return attributes
}

type StringDecoder = (tag: number, content: Uint8Array) => string | undefined

function readValue(attribute: DerReader, decode: StringDecoder): { tag: number; value: string } {
  const tag = attribute.peekTag() ?? 0
  if (!isStringTag(tag)) return { tag, value: `#${toHex(attribute.readWhole())}` }
  const value = decode(tag, attribute.readContent(tag))
  if (value === undefined)
    throw attribute.refusal('a name holds characters that its string type does not have')
  return { tag, value }
}

/** The short names of RFC 4514, 3, and those that OpenSSL and browsers add. */
const shortNames = new Map<string, string>([
  [oids.commonName, 'CN'],
  [oids.localityName, 'L'],
  [oids.stateOrProvinceName, 'ST'],
  [oids.organizationName, 'O'],
  [oids.organizationalUnitName, 'OU'],
  [oids.countryName, 'C'],
  [oids.streetAddress, 'STREET'],
  [oids.domainComponent, 'DC'],
  [oids.userId, 'UID'],
  [oids.emailAddress, 'emailAddress'],
  [oids.serialNumber, 'serialNumber'],
  [oids.surname, 'SN'],
  [oids.givenName, 'GN'],
  [oids.title, 'title'],
  [oids.postalCode, 'postalCode'],
  [oids.dnQualifier, 'dnQualifier'],
  [oids.organizationIdentifier, 'organizationIdentifier'],
])

/**
 * A name as RFC 4514 writes it: the last attribute first, separated by commas. Control and
 * bidirectional characters come out as escapes, so that the text shows nothing but what it says.
 */
export function formatName(name: DistinguishedName): string {
  return name.map(formatAttribute).reverse().join(',')
}

/** The short name of an attribute type, or its dotted form when it has none. */
export function attributeLabel(type: string): string {
  return shortNames.get(type) ?? type
}

function formatAttribute({ type, value }: NameAttribute): string {
  if (shortNames.has(type)) return `${attributeLabel(type)}=${escapeValue(value)}`
  // RFC 4514, 2.4: a type without a name takes the value's encoding.
  return `${type}=#${toHex(textElement(tags.utf8String, value))}`
}

function escapeValue(value: string): string {
  return value
    .replace(/["+,;<>\\]|^[ #]| $/g, '\\$&')
    .replace(hiddenCharacters, (hidden) => toHex(new TextEncoder().encode(hidden)).replace(/../g, '\\$&'))
}
