import { PosternError } from '../../errors.ts'
import { type ExtensionDetails, parseExtension } from '../certificate/parse-extension.ts'
import type { DerReader } from '../der/der-reader.ts'
import { tags } from '../der/der-tags.ts'
import type { Extension } from '../der/extension.ts'
import { oids } from '../der/oids.ts'

/**
 * Returns the requested extensions of a CSR (RFC 2985, section 5.4.2); other attributes are ignored. No
 * certificate copies any of them, so an empty list, an explicit `critical FALSE` and any content are
 * accepted.
 */
export function readRequestedExtensions(attributes: DerReader): Extension[] {
  let extensions: Extension[] | undefined
  while (!attributes.isAtEnd()) {
    const attribute = attributes.readSequence()
    const type = attribute.readOid()
    const values = attribute.readConstructed(tags.set)
    attribute.assertEnd()
    if (type !== oids.extensionRequest && type !== oids.microsoftExtensionRequest) {
      while (!values.isAtEnd()) values.readWhole()
      continue
    }
    if (extensions !== undefined) throw attributes.refusal('it asks for extensions twice')
    extensions = values.isAtEnd() ? [] : readList(values.readSequence())
    values.assertEnd()
  }
  return extensions ?? []
}

function readList(list: DerReader): Extension[] {
  const extensions: Extension[] = []
  while (!list.isAtEnd()) {
    const extension = list.readSequence()
    const oid = extension.readOid()
    const critical = extension.isNext(tags.boolean) && extension.readBoolean()
    const value = extension.readContent(tags.octetString)
    extension.assertEnd()
    if (extensions.some((other) => other.oid === oid)) throw list.refusal('an extension occurs twice')
    extensions.push({ oid, critical, value })
  }
  return extensions
}

/** Returns the content of a CSR's extensions, and the object identifiers of the unreadable ones. */
export function explainExtensions(extensions: readonly Extension[]): {
  details: ExtensionDetails
  unreadable: string[]
} {
  const details: ExtensionDetails = {}
  const unreadable: string[] = []
  for (const extension of extensions) {
    try {
      Object.assign(details, parseExtension(extension, 'csr_malformed'))
    } catch (error) {
      if (!(error instanceof PosternError)) throw error
      unreadable.push(extension.oid)
    }
  }
  return { details, unreadable }
}
