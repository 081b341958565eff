const endOfUtcTime = Date.UTC(2050, 0, 1)
const endOfGeneralizedTime = Date.UTC(10_000, 0, 1)

/**
 * Returns milliseconds since 1970 for the content octets of a UTCTime (YYMMDDHHMMSSZ) or GeneralizedTime
 * (YYYYMMDDHHMMSSZ), the only forms that RFC 5280, section 4.1.2.5, allows; `undefined` for anything else.
 */
export function parseDerTime(content: Uint8Array, isUtc: boolean): number | undefined {
  const digits = isUtc ? 12 : 14
  if (content.length !== digits + 1 || content[digits] !== 0x5a) return undefined
  for (let i = 0; i < digits; i += 1) {
    const octet = content[i] as number
    if (octet < 0x30 || octet > 0x39) return undefined
  }
  const pair = (at: number) => ((content[at] as number) - 48) * 10 + (content[at + 1] as number) - 48
  const at = digits - 10
  const year = isUtc ? (pair(0) < 50 ? 2000 + pair(0) : 1900 + pair(0)) : pair(0) * 100 + pair(2)
  const [month, day, hour, minute, second] = [
    pair(at),
    pair(at + 2),
    pair(at + 4),
    pair(at + 6),
    pair(at + 8),
  ]
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  // An impossible day such as 30 February rolls over into the next month.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000
}

/**
 * Returns whether RFC 5280, section 4.1.2.5, requires UTCTime for this time (through 2049) and not
 * GeneralizedTime.
 */
export function isUtcTime(time: number): boolean {
  return time < endOfUtcTime
}

/**
 * Returns the digits and final Z of a GeneralizedTime, to the second (RFC 5280, section 4.1.2.5.2). Throws a
 * RangeError outside 1950–9999.
 */
export function formatGeneralizedTime(time: number): string {
  if (!(time >= Date.UTC(1950, 0, 1) && time < endOfGeneralizedTime))
    throw new RangeError('date out of range')
  return `${new Date(time).toISOString().replace(/\.\d+Z$|[-:T]/g, '')}Z`
}

/**
 * Returns the digits and final Z of a UTCTime or GeneralizedTime, as required for `time` (milliseconds since
 * 1970; the fraction of a second is dropped). Throws a RangeError outside 1950–9999.
 */
export function formatDerTime(time: number): string {
  const digits = formatGeneralizedTime(time)
  return isUtcTime(time) ? digits.slice(2) : digits
}
