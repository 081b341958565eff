import { DerReader, openSequence } from '../der/der-reader.ts'
import { constructedTag, primitiveTag, tags } from '../der/der-tags.ts'
import type { MalformedCode } from '../der/malformed.ts'
import { oidName, oids } from '../der/oids.ts'
import { type GeneralName, parseGeneralName, parseGeneralNames } from '../name/general-name.ts'
import { keyUsages } from './key-usage.ts'

/** The content of the extensions that Postern understands; a missing extension is a missing field. */
export interface ExtensionDetails {
  basicConstraints?: { ca: boolean; pathLength?: number }
  keyUsage?: string[]
  extendedKeyUsage?: string[]
  subjectKeyIdentifier?: Uint8Array
  authorityKeyIdentifier?: Uint8Array
  subjectAltNames?: GeneralName[]
  crlDistributionPoints?: string[]
  caIssuers?: string[]
  ocspResponders?: string[]
  ocspNoCheck?: true
}

type Parser = (value: Uint8Array, code: MalformedCode) => ExtensionDetails

const parsers = new Map<string, Parser>([
  [oids.basicConstraints, (value, code) => ({ basicConstraints: parseBasicConstraints(value, code) })],
  [oids.keyUsage, (value, code) => ({ keyUsage: parseKeyUsage(value, code) })],
  [oids.extendedKeyUsage, (value, code) => ({ extendedKeyUsage: parseExtendedKeyUsage(value, code) })],
  [
    oids.subjectKeyIdentifier,
    (value, code) => ({ subjectKeyIdentifier: parseSubjectKeyIdentifier(value, code) }),
  ],
  [oids.authorityKeyIdentifier, parseAuthorityKeyIdentifier],
  [oids.subjectAltName, (value, code) => ({ subjectAltNames: parseGeneralNames(openSequence(value, code)) })],
  [
    oids.cRLDistributionPoints,
    (value, code) => ({ crlDistributionPoints: parseDistributionPoints(value, code) }),
  ],
  [oids.authorityInfoAccess, parseAuthorityInfoAccess],
  [oids.ocspNoCheck, parseOcspNoCheck],
])

/** Returns the content of one extension, or `undefined` if Postern does not understand its type. */
export function parseExtension(
  { oid, value }: { oid: string; value: Uint8Array },
  code: MalformedCode,
): ExtensionDetails | undefined {
  return parsers.get(oid)?.(value, code)
}

/** RFC 5280, section 4.2.1.9. */
function parseBasicConstraints(value: Uint8Array, code: MalformedCode): { ca: boolean; pathLength?: number } {
  const reader = openSequence(value, code)
  const ca = reader.readTrueOrAbsent()
  const pathLength = reader.isAtEnd() ? undefined : reader.readSmallInteger()
  reader.assertEnd()
  return pathLength === undefined ? { ca } : { ca, pathLength }
}

/** RFC 5280, section 4.2.1.3. */
function parseKeyUsage(value: Uint8Array, code: MalformedCode): string[] {
  const reader = new DerReader(value, code)
  const bits = reader.readNamedBits()
  reader.assertEnd()
  return bits.map((bit) => keyUsages[bit] ?? `bit ${bit}`)
}

/** RFC 5280, section 4.2.1.12. */
function parseExtendedKeyUsage(value: Uint8Array, code: MalformedCode): string[] {
  const reader = openSequence(value, code)
  const purposes: string[] = []
  do purposes.push(oidName(reader.readOid()))
  while (!reader.isAtEnd())
  return purposes
}

/** RFC 5280, section 4.2.1.2. */
function parseSubjectKeyIdentifier(value: Uint8Array, code: MalformedCode): Uint8Array {
  const reader = new DerReader(value, code)
  const identifier = reader.readContent(tags.octetString)
  reader.assertEnd()
  return identifier
}

/** RFC 5280, section 4.2.1.1; issuer and serial number are parsed but not used. */
function parseAuthorityKeyIdentifier(value: Uint8Array, code: MalformedCode): ExtensionDetails {
  const reader = openSequence(value, code)
  const identifier = reader.isNext(primitiveTag(0)) ? reader.readContent(primitiveTag(0)) : undefined
  if (reader.isNext(constructedTag(1))) parseGeneralNames(reader.readConstructed(constructedTag(1)))
  if (reader.isNext(primitiveTag(2))) reader.readInteger(primitiveTag(2))
  reader.assertEnd()
  return identifier ? { authorityKeyIdentifier: identifier } : {}
}

/** RFC 5280, section 4.2.1.13: returns the URIs of all distribution points. */
function parseDistributionPoints(value: Uint8Array, code: MalformedCode): string[] {
  const reader = openSequence(value, code)
  const uris: string[] = []
  do {
    const point = reader.readSequence()
    if (point.isNext(constructedTag(0))) {
      const name = point.readConstructed(constructedTag(0))
      if (name.isNext(constructedTag(0)))
        for (const { type, value: uri } of parseGeneralNames(name.readConstructed(constructedTag(0))))
          if (type === 'uri') uris.push(uri)
    }
  } while (!reader.isAtEnd())
  return uris
}

/** RFC 5280, section 4.2.2.1: returns the URIs of the access methods caIssuers and ocsp. */
function parseAuthorityInfoAccess(value: Uint8Array, code: MalformedCode): ExtensionDetails {
  const reader = openSequence(value, code)
  const details = { caIssuers: [] as string[], ocspResponders: [] as string[] }
  do {
    const access = reader.readSequence()
    const method = access.readOid()
    const { type, value: uri } = parseGeneralName(access)
    access.assertEnd()
    if (type !== 'uri') continue
    if (method === oids.caIssuers) details.caIssuers.push(uri)
    if (method === oids.ocsp) details.ocspResponders.push(uri)
  } while (!reader.isAtEnd())
  return details
}

/** RFC 6960, section 4.2.2.2.1. */
function parseOcspNoCheck(value: Uint8Array, code: MalformedCode): ExtensionDetails {
  const reader = new DerReader(value, code)
  reader.readNull()
  reader.assertEnd()
  return { ocspNoCheck: true }
}
