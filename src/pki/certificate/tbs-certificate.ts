import { type DerReader, openSequence } from '../der/der-reader.ts'
import { constructedTag, primitiveTag } from '../der/der-tags.ts'
import { type Extension, parseExtensions } from '../der/extension.ts'
import type { MalformedCode } from '../der/malformed.ts'

/** The fields of a TBSCertificate (RFC 5280, section 4.1), with their bytes if bytes are compared. */
export interface TbsCertificate {
  version: 1 | 2 | 3
  /** Two's complement octets of a non-negative number. */
  serialNumber: Uint8Array
  /** The AlgorithmIdentifier, encoded. */
  signatureAlgorithmDer: Uint8Array
  issuerDer: Uint8Array
  validityDer: Uint8Array
  notBefore: number
  notAfter: number
  subjectDer: Uint8Array
  spki: Uint8Array
  extensions: Extension[]
}

/**
 * RFC 5280, section 4.1.2.2: clients handle 20 octets; one more carries the sign of an unsigned number of 20.
 */
const maxSerialOctets = 21

/** Parses a TBSCertificate; names and extension values stay encoded. */
export function parseTbsCertificate(tbs: Uint8Array, code: MalformedCode): TbsCertificate {
  const reader = openSequence(tbs, code)
  const version = readVersion(reader)
  const serialNumber = readSerialNumber(reader)
  const signatureAlgorithmDer = reader.readEncoded()
  const issuerDer = reader.readEncoded()
  const validityDer = reader.readEncoded()
  const subjectDer = reader.readEncoded()
  const spki = reader.readEncoded()
  const extensions = readTail(reader, version)
  return {
    version,
    serialNumber,
    signatureAlgorithmDer,
    issuerDer,
    validityDer,
    ...readValidity(validityDer, code),
    subjectDer,
    spki,
    extensions,
  }
}

function readVersion(reader: DerReader): 1 | 2 | 3 {
  if (!reader.isNext(constructedTag(0))) return 1
  const inner = reader.readConstructed(constructedTag(0))
  const version = inner.readSmallInteger()
  inner.assertEnd()
  if (version !== 1 && version !== 2) throw reader.refusal('its version is unknown')
  return version === 1 ? 2 : 3
}

function readSerialNumber(reader: DerReader): Uint8Array {
  const serialNumber = reader.readInteger()
  if ((serialNumber[0] as number) >= 0x80) throw reader.refusal('its serial number is negative')
  if (serialNumber.length > maxSerialOctets) throw reader.refusal('its serial number is too long')
  return serialNumber
}

function readValidity(der: Uint8Array, code: MalformedCode): { notBefore: number; notAfter: number } {
  const validity = openSequence(der, code)
  const notBefore = validity.readTime()
  const notAfter = validity.readTime()
  validity.assertEnd()
  return { notBefore, notAfter }
}

/** Reads the unique identifiers of version 2, which are not in use, and the extensions of version 3. */
function readTail(reader: DerReader, version: number): Extension[] {
  for (const number of [1, 2])
    if (version > 1 && reader.isNext(primitiveTag(number))) readUniqueIdentifier(reader, number)
  if (version < 3 || reader.isAtEnd()) {
    reader.assertEnd()
    return []
  }
  const inner = reader.readConstructed(constructedTag(3))
  const extensions = parseExtensions(inner)
  inner.assertEnd()
  reader.assertEnd()
  return extensions
}

function readUniqueIdentifier(reader: DerReader, number: number): void {
  const [unusedBits = 8] = reader.readContent(primitiveTag(number))
  if (unusedBits > 7) throw reader.refusal('a bit string is not encoded as DER demands')
}
