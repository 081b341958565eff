import type { CertificateDecision } from './check-certificate.ts'

const dayMs = 86_400_000
/** The number of days before its expiry from which a certificate is reported as expiring. */
const warnedDays = 30

/**
 * Returns the status of a client's certificate at `now` (milliseconds since 1970) as a structured field (RFC
 * 9651, an item): `not-presented`, `valid`, `expiring; days=12` from 30 days before its expiry, or `invalid;
 * cause=certificate_expired`. Days are complete remaining days.
 */
export function describeStatus(decision: CertificateDecision, now: number): string {
  if (!decision.ok)
    return decision.code === 'certificate_missing' ? 'not-presented' : `invalid; cause=${decision.code}`
  const days = Math.floor((decision.certificate.notAfter - now) / dayMs)
  return days > warnedDays ? 'valid' : `expiring; days=${Math.max(0, days)}`
}
