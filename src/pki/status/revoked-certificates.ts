import { PosternError } from '../../errors.ts'
import { tags } from '../der/der-tags.ts'
import { element, sequence, time } from '../der/der-writer.ts'
import { oids } from '../der/oids.ts'
import { extension } from '../profile/extension-writer.ts'
import { type RevocationReason, revocationReasonDetails } from './revocation-reason.ts'

/** One entry of a CRL. */
export type RevokedCertificate = {
  /** Hex, in either case. */
  serialNumber: string
  /** Milliseconds since 1970; the CRL contains it to the second. */
  revokedAt: number
  reason?: RevocationReason | undefined
}

/** The headers of the entry and its serial number, the longest serial number and date, and the reason. */
const maxEntryOctets = 2 + 2 + 21 + 17 + 14
/** RFC 5280, section 4.1.2.2. */
const maxSerialDigits = 40
const firstOctets = 65_536

const encodedReasons = new Map<string, Uint8Array>(
  Object.entries(revocationReasonDetails)
    // RFC 5280, section 5.3.1: the reason unspecified is omitted.
    .filter(([reason]) => reason !== 'unspecified')
    .map(([reason, { code }]) => [
      reason,
      sequence(extension(oids.reasonCode, element(tags.enumerated, Uint8Array.of(code)))),
    ]),
)

/**
 * Creates a writer of the entries of a CRL (the content of revokedCertificates, RFC 5280, section 5.1.2.6),
 * which writes directly into one array that grows in place, so that a million take a fraction of a second and
 * need no objects. `front` octets stay free before them and `back` behind them, so that the surrounding
 * content can be written there and the entries are never copied together.
 */
export function createRevokedCertificatesWriter({ front = 0, back = 0 } = {}) {
  let target = new Uint8Array(front + firstOctets + back)
  let position = front
  let count = 0
  let lastDay = Number.NaN
  let date = new Uint8Array()

  /** Returns the encoded date; its day is encoded once for consecutive entries of the same day. */
  const encodeDate = (moment: number): Uint8Array => {
    const day = Math.floor(moment / 86_400_000)
    if (day !== lastDay) date = new Uint8Array(time(moment))
    lastDay = day
    setTimeOfDay(date, Math.floor(moment / 1000) - day * 86_400)
    return date
  }

  return {
    /** Adds entries. Throws `profile_violation` for an invalid serial number. */
    add(entries: Iterable<RevokedCertificate>): void {
      for (const { serialNumber, revokedAt, reason } of entries) {
        if (position + maxEntryOctets + back > target.length)
          // Moves the octets without a second array that keeps them until memory is cleared.
          target = new Uint8Array(target.buffer.transfer(target.length * 2))
        const start = position
        position = writeSerialNumber(target, start + 2, serialNumber)
        position = append(target, position, encodeDate(revokedAt))
        const extensions = reason && encodedReasons.get(reason)
        if (extensions) position = append(target, position, extensions)
        target[start] = tags.sequence
        target[start + 1] = position - start - 2
        count += 1
      }
    },
    get count() {
      return count
    },
    /** Returns the array with the entries from `start` to `end`. Nothing is added after this. */
    finish: () => ({ octets: target, start: front, end: position }),
  }
}

function append(target: Uint8Array, position: number, octets: Uint8Array): number {
  target.set(octets, position)
  return position + octets.length
}

/** Overwrites the HHMMSS at the end of an encoded date, which is cheaper than encoding the date again. */
function setTimeOfDay(date: Uint8Array, second: number): void {
  const start = date.length - 7
  writePair(date, start, Math.floor(second / 3600))
  writePair(date, start + 2, Math.floor(second / 60) % 60)
  writePair(date, start + 4, second % 60)
}

function writePair(date: Uint8Array, at: number, value: number): void {
  date[at] = 48 + Math.floor(value / 10)
  date[at + 1] = 48 + (value % 10)
}

/** Writes an INTEGER from hex at `start` and returns the position after it. */
function writeSerialNumber(target: Uint8Array, start: number, hex: string): number {
  let digit = 0
  while (digit < hex.length - 1 && hex.charCodeAt(digit) === 0x30) digit += 1
  const digits = hex.length - digit
  if (digits < 1 || digits > maxSerialDigits) throw badSerialNumber()
  let position = start + 2
  const isOdd = digits % 2 === 1
  if (!isOdd && hexValue(hex, digit) >= 8) target[position++] = 0
  // An invalid digit makes the octet negative.
  let octet = isOdd ? hexValue(hex, digit++) : 0
  if (isOdd) target[position++] = octet
  for (; digit < hex.length && octet >= 0; digit += 2) {
    octet = (hexValue(hex, digit) << 4) | hexValue(hex, digit + 1)
    target[position++] = octet
  }
  if (octet < 0) throw badSerialNumber()
  target[start] = tags.integer
  target[start + 1] = position - start - 2
  return position
}

const hexValues = new Int8Array(128).fill(-1)
for (let value = 0; value < 16; value += 1)
  for (const digit of [value.toString(16), value.toString(16).toUpperCase()])
    hexValues[digit.charCodeAt(0)] = value

/** Returns the value of a digit, or -1. */
function hexValue(hex: string, at: number): number {
  return hexValues[hex.charCodeAt(at)] ?? -1
}

function badSerialNumber(): PosternError {
  return new PosternError('profile_violation', 'A serial number on the revocation list is not valid.')
}
