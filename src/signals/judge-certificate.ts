import { findKeyEnd } from '../shapes/allowed-keys.ts'
import type { FoundSignal, JudgedCertificate, SignalRules } from './signal.ts'
import { type WatchedTime, watchedMs } from './watched-time.ts'

const hour = 3_600_000
const day = 24 * hour
/** A client needs a while to get its new certificate. */
const afterRevocationMs = hour
/** Calls with a revoked certificate have ended after a week without one. */
const stillUsedMs = 7 * day
/** The required actions of the Overview tell of a certificate that ends within this time, and of its replacement. */
const endingMs = 30 * day
const endedMs = 90 * day

type Found = Pick<FoundSignal, 'kind' | 'detail'>

/** Returns the signals of a certificate that hold at `now`. */
export function judgeCertificate(
  certificate: JudgedCertificate,
  rules: SignalRules,
  { now, watched }: { now: number; watched: WatchedTime | undefined },
): FoundSignal[] {
  const isSilent = (since: number, days: number) => watchedMs(watched, since, now) >= days * day
  const found =
    certificate.status === 'revoked'
      ? judgeRevoked(certificate, now)
      : certificate.status === 'issued' && certificate.notAfter > now
        ? [...judgeUse(certificate, rules, { now, isSilent }), ...judgeKey(certificate, rules, now)]
        : []
  const { id, organizationId, environment } = certificate
  return found.map((one) => ({
    ...{ ...one, subject: id, organizationId, environment },
    ...{ certificateId: id, credentialId: null },
  }))
}

function judgeUse(
  { issuedAt, firstUsedAt, lastUsedAt, isReplaced, replaced }: JudgedCertificate,
  { signals }: SignalRules,
  { now, isSilent }: { now: number; isSilent(since: number, days: number): boolean },
): Found[] {
  if (replaced !== null && firstUsedAt === null) {
    if (isToldAsAction(replaced, now) || !isSilent(issuedAt, signals.replacementDays)) return []
    return [{ kind: 'replacement_unused', detail: '' }]
  }
  // Silence is what a replaced certificate is meant to have.
  if (isReplaced || !isSilent(Math.max(issuedAt, lastUsedAt ?? 0), signals.unusedDays)) return []
  return [{ kind: 'certificate_unused', detail: '' }]
}

const isToldAsAction = ({ status, notAfter }: { status: string; notAfter: number }, now: number): boolean =>
  status === 'issued' && notAfter >= now - endedMs && notAfter < now + endingMs

function judgeRevoked({ revokedAt, lastDeniedAt, notAfter }: JudgedCertificate, now: number): Found[] {
  if (revokedAt === null || lastDeniedAt === null || notAfter <= now) return []
  if (lastDeniedAt <= revokedAt + afterRevocationMs || lastDeniedAt <= now - stillUsedMs) return []
  return [{ kind: 'revoked_certificate_used', detail: '' }]
}

function judgeKey({ isReplaced, readKeyKind }: JudgedCertificate, rules: SignalRules, now: number): Found[] {
  if (isReplaced || !endsSoon(rules, now)) return []
  const kind = readKeyKind()
  const end = kind && findKeyEnd(rules, kind)
  if (kind === undefined || end === undefined || end > now + rules.signals.keyKindDays * day) return []
  return [{ kind: 'key_kind_ends', detail: kind }]
}

/** Whether an environment has a kind of key that ends soon: without, no certificate has to be read for it. */
export const endsSoon = (rules: SignalRules, now: number): boolean =>
  rules.allowedKeys.some(
    (kind) => (findKeyEnd(rules, kind) ?? Infinity) <= now + rules.signals.keyKindDays * day,
  )
