import type { CertificateStatus } from '../contract/certificate.ts'
import type { RetirementMode } from '../contract/rotation.ts'

/** What a rotation shows of a certificate. Times are milliseconds since 1970. */
export interface RotatedCertificate {
  id: string
  organizationId: string
  environment: string
  name: string
  description: string
  status: CertificateStatus
  notAfter: number | null
  replacesId: string | null
  firstUsedAt: number | null
  lastUsedAt: number | null
  lastDeniedAt: number | null
}

/** The use of a certificate. */
export interface Traffic {
  /** Allowed requests in the last five minutes. */
  recentCalls: number
  /** Allowed and denied requests in the last hour. */
  calls: number
  denied: number
  /** Start of the last minute with a connection or a request. */
  lastMinute: number | null
}

/** The beginning of the last time in which a certificate was accepted without a long pause. */
export interface SteadyUse {
  /** The count that it lies in begins here. */
  from: number
  latest: number
}

/**
 * Returns how long a replacement may pause while silence of `silenceMs` counts: while it calls, calls reach the gateways.
 * At least three minutes, since counts are of minutes.
 */
export const longestPause = (silenceMs: number): number => Math.max(silenceMs / 4, 180_000)

export const noTraffic: Traffic = { recentCalls: 0, calls: 0, denied: 0, lastMinute: null }

/** When and how a certificate is to be retired, as somebody has decided. */
export interface StoredPlan {
  mode: Exclude<RetirementMode, 'manual'>
  retireAt: number | null
  postponedSince: number | null
  setBy: { name: string; ref: string }
}

/** When a certificate was last presented: in a call, a denied call or a connection without one. */
export const findLastUse = (
  { lastUsedAt, lastDeniedAt }: Pick<RotatedCertificate, 'lastUsedAt' | 'lastDeniedAt'>,
  { lastMinute }: Pick<Traffic, 'lastMinute'>,
): number | null => {
  const last = Math.max(lastUsedAt ?? 0, lastDeniedAt ?? 0, lastMinute ?? 0)
  return last === 0 ? null : last
}
