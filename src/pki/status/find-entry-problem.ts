import { tags } from '../der/der-tags.ts'
import { element } from '../der/der-writer.ts'
import { oids } from '../der/oids.ts'
import { extension } from '../profile/extension-writer.ts'
import { revocationReasonDetails } from './revocation-reason.ts'

/** RFC 5280, 4.1.2.2: 20 octets, and one more for the sign. */
const maxSerialOctets = 21
const utcTimeOctets = 13
const generalizedTimeOctets = 15
/** A reason whose code is yet to be compared, in the SEQUENCE of one extension (RFC 5280, 5.3.1). */
const reasonExtensions = element(
  tags.sequence,
  extension(oids.reasonCode, element(tags.enumerated, Uint8Array.of(0))),
)
/** RFC 5280, 5.3.1: unspecified is said by leaving the reason out. */
const reasonCodes = new Set(
  Object.values(revocationReasonDetails)
    .map(({ code }) => code)
    .filter((code) => code !== 0),
)

/**
 * What is wrong with the entries of a CRL (RFC 5280, 5.1.2.6) from `start` to `end`, if anything is. It makes no
 * object of an entry: a million are read in a fraction of a second.
 */
export function findEntryProblem(list: Uint8Array, start: number, end: number): string | undefined {
  let position = start
  while (position < end) {
    const length = list[position + 1] ?? 0x80
    const next = position + 2 + length
    if (list[position] !== tags.sequence || length >= 0x80 || next > end) return 'an entry is not whole'
    const dateAt = skipSerialNumber(list, position + 2)
    if (dateAt === undefined) return 'a serial number is not positive, or longer than 20 octets'
    const reasonAt = skipDate(list, dateAt)
    if (reasonAt === undefined) return 'a revocation date is of another form'
    if (reasonAt !== next && !isReason(list, reasonAt, next)) return 'an entry says more than a reason'
    position = next
  }
  return undefined
}

/** Where the element after a positive INTEGER begins. */
function skipSerialNumber(list: Uint8Array, at: number): number | undefined {
  const length = list[at + 1] ?? 0
  const [first = 0x80, second = 0] = [list[at + 2], list[at + 3]]
  if (list[at] !== tags.integer || length < 1 || length > maxSerialOctets || first >= 0x80) return undefined
  // X.690, 8.3.2: a leading zero is there for the sign alone, and zero is no serial number.
  if (first === 0 && (length === 1 || second < 0x80)) return undefined
  return at + 2 + length
}

/** Where the element after a UTCTime or GeneralizedTime in the form of RFC 5280, 4.1.2.5 begins. */
function skipDate(list: Uint8Array, at: number): number | undefined {
  const length = list[at] === tags.utcTime ? utcTimeOctets : generalizedTimeOctets
  if ((list[at] !== tags.utcTime && list[at] !== tags.generalizedTime) || list[at + 1] !== length)
    return undefined
  const last = at + 1 + length
  for (let i = at + 2; i < last; i += 1) {
    const octet = list[i] ?? 0
    if (octet < 0x30 || octet > 0x39) return undefined
  }
  return list[last] === 0x5a ? last + 1 : undefined
}

function isReason(list: Uint8Array, start: number, end: number): boolean {
  if (end - start !== reasonExtensions.length || !reasonCodes.has(list[end - 1] ?? 0)) return false
  for (let i = 0; i < reasonExtensions.length - 1; i += 1)
    if (list[start + i] !== reasonExtensions[i]) return false
  return true
}
