import type { DerReader } from './der-reader.ts'
import { tags } from './der-tags.ts'

/** One encoded extension (RFC 5280, section 4.1): `value` is the DER inside the OCTET STRING. */
export interface Extension {
  oid: string
  critical: boolean
  value: Uint8Array
}

/** Reads a SEQUENCE of extensions: at least one, without duplicates (RFC 5280, section 4.2). */
export function parseExtensions(reader: DerReader): Extension[] {
  const list = reader.readSequence()
  const extensions: Extension[] = []
  const seen = new Set<string>()
  do {
    const extension = list.readSequence()
    const oid = extension.readOid()
    const critical = extension.readTrueOrAbsent()
    const value = extension.readContent(tags.octetString)
    extension.assertEnd()
    if (seen.has(oid)) throw list.refusal('an extension occurs twice')
    seen.add(oid)
    extensions.push({ oid, critical, value })
  } while (!list.isAtEnd())
  return extensions
}
