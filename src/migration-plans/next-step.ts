import type { MigrationPlan } from './migration-plan.ts'

const minute = 60_000
const day = 24 * 60 * minute

/** Days before the deadline on which customers are reminded. */
const reminderDays = [30, 7, 1] as const

/**
 * How long before the deadline its end is decided: gateways then keep the deadline by their own clock, also while
 * the portal is down. Calls that come in between still postpone it.
 */
export const decidedBeforeMs = 15 * minute

/** How often a postponed plan is looked at. */
const postponedMs = minute

type Reminded = Pick<MigrationPlan, 'deadline' | 'plannedAt' | 'remindedDays'>

/** Returns the reminder that is due, in days before the deadline; the last one if several are, and none that was sent. */
export function findDueReminder(
  { deadline, plannedAt, remindedDays }: Reminded,
  now: number,
): number | undefined {
  if (deadline === null || now >= deadline) return undefined
  const due = reminderDays.filter((days) => {
    const moment = deadline - days * day
    return moment <= now && moment > (plannedAt ?? 0)
  })
  const last = due.at(-1)
  return last !== undefined && last < (remindedDays ?? Number.POSITIVE_INFINITY) ? last : undefined
}

/** Returns when a scheduled task has to look at a plan next, milliseconds since 1970; null for never. */
export function getNextStep(plan: MigrationPlan, now: number): number | null {
  const { deadline, endsAt, acceptedDenied, postponedSince } = plan
  if (deadline === null) return null
  if (endsAt !== null && endsAt <= now) return endsAt
  if (postponedSince !== null && endsAt === null) return now + postponedMs
  const reminders = reminderDays.map((days) => deadline - days * day).filter((moment) => moment > now)
  const decision = acceptedDenied === null ? deadline - decidedBeforeMs : (endsAt ?? deadline)
  return Math.min(decision, ...reminders)
}
