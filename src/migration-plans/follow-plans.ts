import { systemActor } from '../shapes/actor.ts'
import type { Email } from '../shapes/email.ts'
import { hasCounted } from '../shapes/gateway-watch.ts'
import type { MigrationStep } from './migration-emails.ts'
import type { MigrationPlan, MigrationScope } from './migration-plan.ts'
import type { MigrationChange } from './migration-plan-store.ts'
import { decidedBeforeMs, findDueReminder, getNextStep } from './next-step.ts'
import type { MigrationDependencies, MigrationTerms } from './set-migration.ts'

const hour = 3_600_000
const actor = systemActor('migrations')

/** The environments by name. */
export type MigrationEnvironments = ReadonlyMap<string, MigrationTerms & { label?: string | undefined }>

/**
 * Does what the time of each plan has come for: reminders, the decision about its deadline, and the report that
 * certificates from other CAs have ended. A deadline is postponed while calls would be denied, or may be because the
 * gateways have not counted all of them, unless an operator has agreed. If several processes do this concurrently, each step happens once.
 */
export async function followPlans(
  dependencies: MigrationDependencies,
  environments: MigrationEnvironments,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const { plans, readWatch, clock } = dependencies
  let last: MigrationScope | undefined
  do {
    const now = clock.now()
    const due = await plans.listDue(now, last)
    for (const place of due) {
      const terms = environments.get(place.environment)
      // No gateway serves the environment any more.
      if (terms === undefined) continue
      const step = { ...place, label: terms.label ?? place.environment, at: now }
      const watch = await readWatch()
      const isCounted = hasCounted(watch, { since: now - terms.enforcementWindowHours * hour, now })
      // One plan that cannot be followed does not hold up the others.
      await plans
        .change(place, now, (change) => followPlan(dependencies, { step, isCounted }, terms, change))
        .catch(onFailure)
    }
    last = due.at(-1)
  } while (last !== undefined)
}

async function followPlan(
  { letters }: Pick<MigrationDependencies, 'letters'>,
  { step, isCounted }: { step: MigrationStep; isCounted: boolean },
  terms: MigrationTerms,
  change: MigrationChange,
): Promise<void> {
  const { plan, listRecipients, save } = change
  const now = step.at
  if (plan?.deadline == null || !isDue(plan, now)) return
  const { deadline } = plan
  const windowHours = terms.enforcementWindowHours
  const calls = await change.sumExternalCalls(now - windowHours * hour)
  const next = decide(plan, { deadline, calls: isCounted || calls > 0 ? calls : undefined, now })
  const emails: Email[] = []
  if (next.action === 'migration.ended')
    emails.push(...letters.ended(step, await listRecipients(), next.plan.endsAt ?? now))
  if (next.action === 'migration.postponed' && next.plan.postponedSince !== null)
    emails.push(
      ...letters.postponed(step, await listRecipients(), { deadline, calls, isCounted, windowHours }),
    )
  const days = findDueReminder(plan, now)
  if (days !== undefined) {
    next.plan.remindedDays = days
    const { message } = plan
    if (await change.hasExternal())
      emails.push(...letters.reminder(step, await listRecipients(), { deadline, message }, calls))
  }
  next.plan.nextStepAt = next.action === 'migration.ended' ? null : getNextStep(next.plan, now)
  const isUnchanged = next.action === undefined && next.plan.nextStepAt === plan.nextStepAt
  if (isUnchanged && days === undefined) return
  await save(next.plan, { actor, action: next.action }, emails)
}

/** Whether a plan is to be looked at. One that ends in the future was ended by a clock that was ahead. */
const isDue = ({ nextStepAt, endsAt }: MigrationPlan, now: number): boolean =>
  nextStepAt === null ? endsAt !== null && endsAt > now : nextStepAt <= now

/** Decides what becomes of the deadline of a plan at `now`; `calls` are undefined if they are not known. */
function decide(
  plan: MigrationPlan,
  { deadline, calls, now }: { deadline: number; calls: number | undefined; now: number },
): { plan: MigrationPlan; action: string | undefined } {
  const { endsAt, postponedSince, acceptedDenied } = plan
  const to = (changes: Partial<MigrationPlan>, action?: string) => ({ plan: { ...plan, ...changes }, action })
  if (endsAt !== null && now >= endsAt) return to({}, 'migration.ended')
  if (endsAt === null && now >= deadline) {
    if (calls === 0) return to({ endsAt: now, postponedSince: null }, 'migration.ended')
    return postponedSince === null ? to({ postponedSince: now }, 'migration.postponed') : to({})
  }
  if (acceptedDenied !== null || now < deadline - decidedBeforeMs) return to({})
  if (calls === 0 && endsAt === null) return to({ endsAt: deadline }, 'migration.confirmed')
  return calls !== 0 && endsAt !== null ? to({ endsAt: null }, 'migration.postponed') : to({})
}
