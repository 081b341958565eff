import type { Verdict } from './verdict.ts'

const dayMilliseconds = 86_400_000
/** From so many days before its end on a certificate is said to be expiring. */
const warnedDays = 30

/**
 * How the certificate of a caller stands at `now` (milliseconds since 1970), as a structured field (RFC 9651, an
 * item): `not-presented`, `valid`, `expiring; days=12` from 30 days before its end on, or
 * `invalid; cause=certificate_expired`. Days are whole ones that are left.
 */
export function describeStatus(verdict: Verdict, now: number): string {
  if (!verdict.ok)
    return verdict.code === 'certificate_missing' ? 'not-presented' : `invalid; cause=${verdict.code}`
  const days = Math.floor((verdict.certificate.notAfter - now) / dayMilliseconds)
  return days > warnedDays ? 'valid' : `expiring; days=${Math.max(0, days)}`
}
