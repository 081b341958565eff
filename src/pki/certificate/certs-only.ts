import { constructedTag, tags } from '../der/der-tags.ts'
import { element, integer, oid, sequence, setOf } from '../der/der-writer.ts'
import { oids } from '../der/oids.ts'

/**
 * Returns a .p7b file: a SignedData without signers that only carries certificates (RFC 5652, section 5; RFC
 * 8551, section 3.8). They stay in the given order, the leaf first, since tools show them so; BER allows any
 * order.
 */
export function toPkcs7(certificates: Uint8Array[]): Uint8Array {
  const signedData = sequence(
    integer(1),
    setOf([]),
    sequence(oid(oids.data)),
    element(constructedTag(0), ...certificates),
    element(tags.set),
  )
  return sequence(oid(oids.signedData), element(constructedTag(0), signedData))
}
