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
 * A name as a list of attributes in encoded order. Attributes of one RelativeDistinguishedName are listed in
 * sequence; to check two names for equality, compare their DER.
 */
export type DistinguishedName = NameAttribute[]

/** RFC 5280, appendix A: these types have only one string type. */
const stringTypes = new Map<string, number>([
  [oids.countryName, tags.printableString],
  [oids.serialNumber, tags.printableString],
  [oids.dnQualifier, tags.printableString],
  [oids.emailAddress, tags.ia5String],
  [oids.domainComponent, tags.ia5String],
])

/**
 * Returns the DER of a Name: one attribute per relative name, UTF8String wherever RFC 5280 allows a choice.
 */
export function encodeName(name: DistinguishedName): Uint8Array {
  return sequence(
    ...name.map(({ type, value }) =>
      setOf([sequence(oid(type), textElement(stringTypes.get(type) ?? tags.utf8String, value))]),
    ),
  )
}

/**
 * Reads a Name. A value that is not a string is returned as `#` and its DER in hex, as in RFC 4514, section
 * 2.4.
 */
export function parseName(reader: DerReader): DistinguishedName {
  return parseTaggedName(reader).map(({ type, value }) => ({ type, value }))
}

/**
 * Reads the Name of a CSR. No certificate copies it, so a value may contain octets that its string type does
 * not allow: it is shown as UTF-8 or Latin-1, whichever fits.
 */
export function parseRequestedName(reader: DerReader): DistinguishedName {
  return parseTaggedName(reader, guessString).map(({ type, value }) => ({ type, value }))
}

/** Reads a Name and returns its attributes with the tags of their string types. */
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

/** The short names of RFC 4514, section 3, and those of OpenSSL and browsers. */
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
 * Formats a name as in RFC 4514: the last attribute first, separated by commas. Control and bidirectional
 * characters are escaped, so that the text cannot mislead its readers.
 */
export function formatName(name: DistinguishedName): string {
  return name.map(formatAttribute).reverse().join(',')
}

/** Returns the short name of an attribute type, or its dotted form if it has none. */
export function attributeLabel(type: string): string {
  return shortNames.get(type) ?? type
}

function formatAttribute({ type, value }: NameAttribute): string {
  if (shortNames.has(type)) return `${attributeLabel(type)}=${escapeValue(value)}`
  // RFC 4514, section 2.4: a type without a name has the encoding of the value.
  return `${type}=#${toHex(textElement(tags.utf8String, value))}`
}

function escapeValue(value: string): string {
  return value
    .replace(/["+,;<>\\]|^[ #]| $/g, '\\$&')
    .replace(hiddenCharacters, (hidden) => toHex(new TextEncoder().encode(hidden)).replace(/../g, '\\$&'))
}
