import { DerReader, openSequence } from '../der/der-reader.ts'
import { constructedTag, tags } from '../der/der-tags.ts'
import { parseExtensions } from '../der/extension.ts'
import { toHex } from '../der/fingerprint.ts'
import { isSameBytes } from '../der/same-bytes.ts'
import { parseName } from '../name/name.ts'

/** A parsed CRL; its content is not verified here. */
export interface ParsedRevocationList {
  tbs: Uint8Array
  signature: Uint8Array
  issuerDer: Uint8Array
  /** Milliseconds since 1970. */
  thisUpdate: number
  /** Serial numbers in lower-case hex, without a leading `00`. */
  revoked: Set<string>
}

const code = 'certificate_malformed'

/**
 * Parses a CRL with a nextUpdate (RFC 5280, section 5.1). Only the form of extensions is checked. Throws
 * `certificate_malformed`.
 */
export function parseRevocationList(der: Uint8Array): ParsedRevocationList {
  const outer = openSequence(der, code)
  const tbs = outer.readEncoded()
  const algorithm = outer.readEncoded()
  const signature = outer.readBitString()
  outer.assertEnd()
  const fields = openSequence(tbs, code)
  // RFC 5280, section 5.1.2.1: the version is present if it is 2.
  if (fields.isNext(tags.integer) && fields.readSmallInteger() !== 1)
    throw fields.refusal('its version is unknown')
  // RFC 5280, section 5.1.1.2.
  if (!isSameBytes(fields.readEncoded(), algorithm))
    throw fields.refusal('it names two different signature algorithms')
  const issuerDer = fields.readEncoded()
  readName(issuerDer)
  const thisUpdate = fields.readTime()
  fields.readTime()
  const revoked = new Set<string>()
  if (fields.isNext(tags.sequence)) {
    const entries = fields.readSequence()
    while (!entries.isAtEnd()) revoked.add(readEntry(entries.readSequence()))
  }
  if (!fields.isAtEnd()) {
    const extensions = fields.readConstructed(constructedTag(0))
    parseExtensions(extensions)
    extensions.assertEnd()
  }
  fields.assertEnd()
  return { tbs, signature, issuerDer, thisUpdate, revoked }
}

function readName(der: Uint8Array): void {
  const reader = new DerReader(der, code)
  parseName(reader)
  reader.assertEnd()
}

/** Returns the serial number of a revoked certificate. */
function readEntry(entry: DerReader): string {
  const serialNumber = entry.readInteger()
  entry.readTime()
  if (!entry.isAtEnd()) parseExtensions(entry)
  entry.assertEnd()
  return toHex(serialNumber.length > 1 && serialNumber[0] === 0 ? serialNumber.subarray(1) : serialNumber)
}
