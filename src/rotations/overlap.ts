import { daysToMs } from '../shapes/moment.ts'
import { formatSpan } from './format-span.ts'
import type { StoredPlan } from './rotation.ts'
import type { RotationPair } from './rotation-store.ts'

/** How long both certificates of a rotation are accepted. Times are milliseconds since 1970. */
export interface Overlap {
  /** From when the old one is retired as soon as that is safe, or when it expires. */
  endsAt: number
  /** What says so: the environment, a user, or the validity period of the old certificate. */
  rule: 'policy' | 'plan' | 'expiry'
  /** What the environment allows; null without a limit. */
  days: number | null
  /** The end by this limit; null without one, or while no gateway has accepted a valid replacement. */
  limitedUntil: number | null
  /** Since when the old one is not retired after this end, because calls would be denied. */
  postponedSince: number | null
}

/** A certificate that was not safe to retire at the end of its overlap. */
export interface OverlapHold {
  endsAt: number
  since: number
}

/** What the end of an overlap depends on. */
interface OverlapParts {
  plan: StoredPlan | undefined
  hold: OverlapHold | undefined
  /** The setting of the environment. */
  days: number | null
}

/** Returns how long both certificates of a rotation are accepted at most; null if that is over, or was never so. */
export function findOverlap(
  { old, next, acceptedAt }: RotationPair,
  { plan, hold, days }: OverlapParts,
  now: number,
): Overlap | null {
  if (old.status !== 'issued' || old.notAfter === null || next === null) return null
  const limitedUntil = days === null || acceptedAt === null ? null : acceptedAt + daysToMs(days)
  const ends = [
    { endsAt: limitedUntil, rule: 'policy' as const },
    { endsAt: plan?.retireAt ?? null, rule: 'plan' as const },
    { endsAt: old.notAfter, rule: 'expiry' as const },
  ].filter((end): end is { endsAt: number; rule: Overlap['rule'] } => end.endsAt !== null)
  const first = ends.reduce((earliest, end) => (end.endsAt < earliest.endsAt ? end : earliest))
  const isOver = limitedUntil !== null && limitedUntil <= now
  return {
    ...first,
    ...{ days, limitedUntil },
    postponedSince: isOver && hold !== undefined ? hold.since : null,
  }
}

/** Returns the end of an overlap by the limit of the environment, for a sentence; empty before it. */
export function describeEnded(overlap: Overlap | null, now: number): string {
  if (overlap === null || overlap.days === null || overlap.limitedUntil === null) return ''
  if (overlap.limitedUntil > now) return ''
  return `; the overlap of ${formatSpan(daysToMs(overlap.days))} ended ${formatSpan(now - overlap.limitedUntil)} ago`
}
