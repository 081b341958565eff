/** What expires: a certificate of an organization, or what operators keep. */
export const expiryKinds = [
  'certificate',
  'root',
  'issuing_ca',
  'external_ca',
  'outgoing_ca',
  'server_certificate',
  'revocation_list',
  'backup',
  'drill',
  'webhook_certificate',
] as const
export type ExpiryKind = (typeof expiryKinds)[number]

/** Why no letter is written at a step. */
export type SkipReason = 'replaced' | 'later_step_due' | 'organization_not_active'

/** Something that expires. Times are milliseconds since 1970. */
export interface Expiring {
  kind: ExpiryKind
  beganAt: number
  notAfter: number
}

interface Step {
  /** Days before the end; negative after it. */
  days: number
  at: number
}

/** What was recorded of the steps so far, by their days. */
export type RecordedSteps = ReadonlyMap<number, 'told' | 'skipped'>

/** What is to be done at a moment. */
export interface Decision {
  /** The step to tell of. */
  told: Step | undefined
  skipped: (Step & { reason: SkipReason })[]
  /** When to decide again; null if never. */
  dueAt: number | null
}

const hour = 3_600_000
/** A step that was recorded later than so long from now was recorded by a clock that was ahead. */
export const aheadMs = hour
const day = 24 * hour
/** All steps of a day are at this hour, UTC, so that there is one letter for all of them. */
const letterHour = 6 * hour

const certificateDays = [90, 60, 30, 14, 7, 3, 1, 0, -1, -7]
const operatorDays = [30, 7, 1, 0, -1, -7]
/** What is renewed by itself, many times: it is told of once that did not happen. */
const overdueDays = [0, -1, -7]
const renewed: readonly ExpiryKind[] = ['revocation_list', 'backup', 'drill']

/** The last 06:00 UTC that is not after a moment. */
const lettersBefore = (moment: number): number => moment - ((moment - letterHour) % day)

/** The first 06:00 UTC after a moment. */
export const lettersAfter = (moment: number): number => lettersBefore(moment) + day

/**
 * Returns the steps of the plan in order. Each is at the last 06:00 UTC of its day, those of what is renewed by itself
 * to the millisecond. There is none within a day of the issue.
 */
export function listSteps({ kind, beganAt, notAfter }: Expiring): Step[] {
  const isRenewed = renewed.includes(kind)
  const days = kind === 'certificate' ? certificateDays : isRenewed ? overdueDays : operatorDays
  return days
    .map((number) => {
      const moment = notAfter - number * day
      return { days: number, at: isRenewed ? moment : lettersBefore(moment) }
    })
    .filter(({ at }) => isRenewed || at > beganAt + day)
}

/**
 * Decides what is told at `now`: the latest step that is due, unless it was told before, or `silence` names a reason
 * to tell of none. Earlier steps that nobody was told of are skipped. While there is such a reason, it is looked for
 * each day, and the latest step is told of once it is gone.
 */
export function decide(
  expiring: Expiring,
  recorded: RecordedSteps,
  now: number,
  silence?: SkipReason,
): Decision {
  const steps = listSteps(expiring)
  const due = steps.filter(({ at }) => at <= now)
  const next = steps.find(({ at }) => at > now)?.at ?? null
  const latest = due.at(-1)
  const overtaken = due
    .slice(0, -1)
    .filter(({ days }) => !recorded.has(days))
    .map((step) => ({ ...step, reason: 'later_step_due' as const }))
  if (latest === undefined || recorded.get(latest.days) === 'told')
    return { told: undefined, skipped: overtaken, dueAt: next }
  if (silence === undefined) return { told: latest, skipped: overtaken, dueAt: next }
  const quiet = recorded.has(latest.days) ? [] : [{ ...latest, reason: silence }]
  // After the last step nothing is told, whatever happens.
  const dueAt = next === null ? null : Math.min(next, lettersAfter(now))
  return { told: undefined, skipped: [...overtaken, ...quiet], dueAt }
}

/** Returns the first time at which something may be told. */
export const firstDue = (expiring: Expiring): number | null => listSteps(expiring)[0]?.at ?? null
