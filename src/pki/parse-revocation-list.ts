import { DerReader, openSequence } from './der-reader.ts'
import { tags } from './der-tags.ts'
import { toHex } from './fingerprint.ts'

/** A CRL as it was read; what it says is not verified here. */
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

/** Reads a CRL that has a nextUpdate (RFC 5280, 5.1). Throws `certificate_malformed`. */
export function parseRevocationList(der: Uint8Array): ParsedRevocationList {
  const outer = openSequence(der, code)
  const tbs = outer.readEncoded()
  outer.readSequence()
  const signature = outer.readBitString()
  outer.assertEnd()
  const fields = new DerReader(tbs, code).readSequence()
  fields.readSmallInteger()
  fields.readSequence()
  const issuerDer = fields.readEncoded()
  const thisUpdate = fields.readTime()
  fields.readTime()
  const revoked = new Set<string>()
  if (fields.isNext(tags.sequence)) {
    const entries = fields.readSequence()
    while (!entries.isAtEnd()) {
      const serialNumber = entries.readSequence().readInteger()
      revoked.add(
        toHex(serialNumber.length > 1 && serialNumber[0] === 0 ? serialNumber.subarray(1) : serialNumber),
      )
    }
  }
  return { tbs, signature, issuerDer, thisUpdate, revoked }
}
