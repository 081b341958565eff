/** The statuses with which an endpoint may ask for time (RFC 6585, section 4; RFC 9110, section 15.6.4). */
const askingStatuses = new Set([429, 503])

/** As long as the longest wait of our own: an endpoint does not decide alone how late its events may arrive. */
export const mostRetryAfterMs = 12 * 3_600_000

const imfFixdate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/
const rfc850Date = /^[A-Z][a-z]+day, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}:\d{2}:\d{2}) GMT$/
const asctimeDate = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}:\d{2}:\d{2}) (\d{4})$/

/**
 * Returns for how many milliseconds from `now` an answer asks to be left alone (RFC 9110, section 10.2.3), at most 12
 * hours; undefined if it does not, or not in a form that can be read. Redirects are not followed, so that theirs says
 * nothing.
 */
export function findRetryAfter(
  { responseStatus, retryAfter }: { responseStatus: number | null; retryAfter?: string | undefined },
  now: number,
): number | undefined {
  if (retryAfter === undefined || responseStatus === null || !askingStatuses.has(responseStatus))
    return undefined
  const text = retryAfter.trim()
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : parseDate(text, now) - now
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), mostRetryAfterMs)
}

/** Parses an HTTP-date in one of its three forms (RFC 9110, section 5.6.7); NaN for anything else. */
function parseDate(text: string, now: number): number {
  if (imfFixdate.test(text)) return Date.parse(text)
  const asctime = asctimeDate.exec(text)
  if (asctime) return Date.parse(`${asctime[2]} ${asctime[1]} ${asctime[4]} ${asctime[3]} GMT`)
  const short = rfc850Date.exec(text)
  if (short === null) return Number.NaN
  const [, day, month, year, time] = short
  const century = Math.floor(new Date(now).getUTCFullYear() / 100) * 100
  const toMoment = (full: number) => Date.parse(`${day} ${month} ${full} ${time} GMT`)
  const moment = toMoment(century + Number(year))
  // More than 50 years ahead means the past one.
  return moment - now > 50 * 365.25 * 86_400_000 ? toMoment(century - 100 + Number(year)) : moment
}
