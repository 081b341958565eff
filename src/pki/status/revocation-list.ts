import { PosternError } from '../../errors.ts'
import { constructedTag, tags } from '../der/der-tags.ts'
import { element, elementHeader, integer, sequence, time } from '../der/der-writer.ts'
import { oids } from '../der/oids.ts'
import { encodeSignatureAlgorithm } from '../key/signature-algorithm.ts'

import { authorityKeyIdentifier, extension, issuingDistributionPoint } from '../profile/extension-writer.ts'
import type { ListIssuer } from '../profile/lint-certificate.ts'
import { createRevokedCertificatesWriter, type RevokedCertificate } from './revoked-certificates.ts'

export type RevocationListFields = {
  issuer: ListIssuer
  /** Increases with each CRL of this issuer (RFC 5280, section 5.2.3); not negative, at most 20 octets. */
  number: bigint | number
  /** Milliseconds since 1970. */
  thisUpdate: number
  nextUpdate: number
  /** The address of a partition: the CRL then applies only to the client certificates that name it. */
  address?: string | undefined
}

/** The two headers before the fields and the entries: tag, and at most five octets of length. */
const maxHeaderOctets = 6

/**
 * Creates a draft of the TBSCertList (RFC 5280, section 5.1.2) of a CRL whose entries come page by page. It
 * takes as much memory as the CRL has octets, and at most twice that while it grows. Throws
 * `profile_violation` if its dates are impossible.
 */
export function createRevocationListDraft(list: RevocationListFields) {
  if (!(list.nextUpdate > list.thisUpdate))
    throw new PosternError('profile_violation', 'A revocation list would end before it begins.')
  const fields = [
    // Version 2.
    integer(1),
    encodeSignatureAlgorithm(list.issuer.signatureAlgorithm),
    list.issuer.subjectDer,
    time(list.thisUpdate),
    time(list.nextUpdate),
  ]
  const extensions = encodeExtensions(list)
  const front = lengthOf(fields) + 2 * maxHeaderOctets
  const writer = createRevokedCertificatesWriter({ front, back: extensions.length })
  return {
    /** Adds entries. Throws `profile_violation` for an invalid serial number. */
    add: writer.add,
    /** Returns the number of entries. */
    get entries() {
      return writer.count
    },
    /** Returns the TBSCertList, ready to be signed, in the memory in which its entries were written. */
    finish(): Uint8Array {
      const { octets, start, end } = writer.finish()
      octets.set(extensions, end)
      // RFC 5280, section 5.1.2.6: revokedCertificates is absent if there are no entries.
      const inner = writer.count === 0 ? [] : [elementHeader(tags.sequence, end - start)]
      const length = lengthOf([...fields, ...inner]) + end - start + extensions.length
      const before = [elementHeader(tags.sequence, length), ...fields, ...inner]
      let position = start - lengthOf(before)
      const tbs = octets.subarray(position, end + extensions.length)
      for (const part of before) {
        octets.set(part, position)
        position += part.length
      }
      return tbs
    },
  }
}

/** Returns the TBSCertList of a CRL with all entries at hand. Throws `profile_violation`. */
export function draftRevocationList({
  entries,
  ...list
}: RevocationListFields & { entries: Iterable<RevokedCertificate> }): Uint8Array {
  const draft = createRevocationListDraft(list)
  draft.add(entries)
  return draft.finish()
}

/** RFC 5280, section 5.2: crlExtensions. */
function encodeExtensions({ issuer, number, address }: RevocationListFields): Uint8Array {
  return element(
    constructedTag(0),
    sequence(
      authorityKeyIdentifier(issuer.subjectKeyIdentifier),
      extension(oids.cRLNumber, integer(number)),
      ...(address === undefined ? [] : [issuingDistributionPoint(address)]),
    ),
  )
}

const lengthOf = (parts: readonly Uint8Array[]) => parts.reduce((sum, { length }) => sum + length, 0)
