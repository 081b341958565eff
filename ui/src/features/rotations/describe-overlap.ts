import type { RotationSummary, RotationView } from '../../../../src/contract/rotation.ts'
import { exactTime } from '../../lib/relative-time.ts'

/** Says until when both certificates of a rotation work, and by which rule; undefined where there are no two. */
export function describeOverlap({
  old,
  new: next,
  overlap,
}: Pick<RotationView, 'old' | 'new' | 'overlap'>): string | undefined {
  if (overlap === null || next === null) return undefined
  const { days, limitedUntil, postponedSince } = overlap
  const end = exactTime(new Date(limitedUntil ?? overlap.endsAt))
  const span = days === null ? '' : describeDays(days)
  if (postponedSince !== null)
    return `The overlap of ${span} that your provider allows ended at ${end}. Postern retires ${old.name} as soon as that is safe.`
  if (limitedUntil !== null && overlap.rule !== 'expiry')
    return `Your provider allows an overlap of ${span}: both certificates work until ${end}. From then on Postern retires ${old.name} as soon as that is safe. You can retire it sooner.`
  if (days !== null && limitedUntil === null)
    return `Your provider allows an overlap of ${span}. It begins when a gateway first accepts ${next.name}.`
  return `Both certificates work until ${old.name} is retired, or expires at ${exactTime(new Date(old.notAfter ?? overlap.endsAt))}.`
}

/** Whether the environment ends the overlap of a rotation, which Postern then retires by itself. */
export const isLimited = ({ overlap }: Pick<RotationView, 'overlap'>): boolean =>
  overlap !== null && overlap.days !== null

/** Says in a list when the overlap ends; a dash where nothing but expiry ends it. */
export function describeOverlapEnd({ overlap }: Pick<RotationSummary, 'overlap'>): string {
  if (overlap === null || overlap.rule === 'expiry') return '–'
  return exactTime(new Date(overlap.endsAt))
}

function describeDays(days: number): string {
  if (days >= 1)
    return `${days.toLocaleString('en', { maximumFractionDigits: 1 })} ${days === 1 ? 'day' : 'days'}`
  return `${Math.max(1, Math.round(days * 24 * 60)).toLocaleString('en')} min`
}
