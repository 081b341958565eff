import type { DerReader } from '../der/der-reader.ts'
import { decodeString } from '../der/der-string.ts'
import { constructedTag, primitiveTag, tags } from '../der/der-tags.ts'
import { element, textElement } from '../der/der-writer.ts'
import { toHex } from '../der/fingerprint.ts'
import { formatIpAddress } from './ip-address.ts'
import { formatName, parseName } from './name.ts'

/** A subject alternative name (RFC 5280, section 4.2.1.6). */
export interface GeneralName {
  type: 'uri' | 'dns' | 'email' | 'ip' | 'other'
  value: string
}

const textTypes: Record<number, GeneralName['type']> = {
  [primitiveTag(1)]: 'email',
  [primitiveTag(2)]: 'dns',
  [primitiveTag(6)]: 'uri',
}
const ipAddressTag = primitiveTag(7)
const registeredIdTag = primitiveTag(8)
const directoryNameTag = constructedTag(4)

/** The tag of a URI in general names. */
const uriTag = primitiveTag(6)

/** Reads the SEQUENCE content of GeneralNames: at least one. */
export function parseGeneralNames(reader: DerReader): GeneralName[] {
  const names: GeneralName[] = []
  do names.push(parseGeneralName(reader))
  while (!reader.isAtEnd())
  return names
}

/** Reads one GeneralName. Kinds without a text form are returned as `other`. */
export function parseGeneralName(reader: DerReader): GeneralName {
  const tag = reader.peekTag() ?? 0
  const textType = textTypes[tag]
  if (textType) return { type: textType, value: readText(reader, tag) }
  if (tag === ipAddressTag) {
    const value = formatIpAddress(reader.readContent(tag))
    if (value === undefined) throw reader.refusal('an IP address has the wrong length')
    return { type: 'ip', value }
  }
  if (tag === registeredIdTag) return { type: 'other', value: `oid:${reader.readOid(tag)}` }
  if (tag === directoryNameTag) {
    const inner = reader.readConstructed(tag)
    const value = formatName(parseName(inner))
    inner.assertEnd()
    return { type: 'other', value: `name:${value}` }
  }
  const number = tag & 0x1f
  if (tag !== constructedTag(number) || ![0, 3, 5].includes(number))
    throw reader.refusal('a name is of an unknown kind')
  return { type: 'other', value: toHex(reader.readEncoded()) }
}

/** Reads an IA5String without control characters: a NUL in a name makes some programs read half of it. */
function readText(reader: DerReader, tag: number): string {
  const text = decodeString(tags.ia5String, reader.readContent(tag))
  if (text === undefined || !/^[\x20-\x7e]*$/.test(text))
    throw reader.refusal('a name holds characters that do not belong there')
  return text
}

/** Returns the DER of a URI, a DNS name or, from its octets, an IP address as GeneralName. */
export const uriName = (uri: string): Uint8Array => textElement(uriTag, uri)
export const dnsName = (name: string): Uint8Array => textElement(primitiveTag(2), name)
export const ipName = (octets: Uint8Array): Uint8Array => element(ipAddressTag, octets)
