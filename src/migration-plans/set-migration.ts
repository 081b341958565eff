import type { Clock } from '../clock.ts'
import type { ExternalCertificatePolicy } from '../contract/environment.ts'
import { formatCount } from '../contract/format-count.ts'
import type { NewMigration } from '../contract/migration.ts'
import { PosternError } from '../errors.ts'
import type { Actor } from '../shapes/actor.ts'
import type { Email } from '../shapes/email.ts'
import type { GatewayWatch } from '../shapes/gateway-watch.ts'
import { toText } from '../shapes/moment.ts'
import type { MigrationEmails, MigrationStep, Recipient } from './migration-emails.ts'
import { type MigrationPlan, noPlan } from './migration-plan.ts'
import type { MigrationPlanStore } from './migration-plan-store.ts'
import { getNextStep } from './next-step.ts'

const hour = 3_600_000
const maxExceptionDays = 366

/** The dependencies that set plans. */
export interface MigrationDependencies {
  plans: MigrationPlanStore
  letters: MigrationEmails
  /** Returns since when the gateways report without a gap. */
  readWatch(): Promise<GatewayWatch | undefined>
  clock: Clock
}

/** The settings of an environment for plans. */
export interface MigrationTerms {
  externalCertificates: ExternalCertificatePolicy
  enforcementWindowHours: number
}

/**
 * Sets when the externally issued certificates of an organization end, and until when those for TLS servers
 * alone are accepted. Throws `external_certificates_off`, `bad_request` for an invalid time, and
 * `migration_would_deny_calls` if `acceptDenied` is not the number of recent calls.
 */
export async function setMigration(
  { plans, letters, clock }: Pick<MigrationDependencies, 'plans' | 'letters' | 'clock'>,
  actor: Actor,
  { news, terms }: { news: Omit<MigrationStep, 'at'>; terms: MigrationTerms },
  given: NewMigration,
): Promise<void> {
  if (terms.externalCertificates === 'off')
    throw new PosternError(
      'external_certificates_off',
      'This environment accepts no certificates from other CAs, so there is nothing to plan.',
    )
  const now = clock.now()
  const windowMs = terms.enforcementWindowHours * hour
  await plans.change(news, now, async ({ plan: decided, sumExternalCalls, listRecipients, save }) => {
    const plan = decided ?? noPlan
    const wanted = readWanted(given)
    assertDeadline(plan, wanted, { ...terms, acceptDenied: given.acceptDenied, now })
    assertException(plan, wanted, now)
    if (given.acceptDenied !== null)
      assertAccepted(await sumExternalCalls(now - windowMs), given.acceptDenied, terms)
    const next = toNext(plan, wanted, given.acceptDenied, now)
    if (decided !== undefined && isSame(plan, next)) return
    const told = chooseEmails(letters, { ...news, at: now }, await listRecipients(), { plan, next })
    await save(next, { actor, action: 'migration.decided' }, told)
  })
}

type Wanted = Pick<MigrationPlan, 'deadline' | 'exceptionUntil' | 'message'>

const toMoment = (text: string | null): number | null => (text === null ? null : Date.parse(text))

const readWanted = ({ deadline, exceptionUntil, message }: NewMigration): Wanted => ({
  deadline: toMoment(deadline),
  exceptionUntil: toMoment(exceptionUntil),
  message: message.filter((line) => line !== ''),
})

/** Returns the plan as it becomes: with another deadline, what was decided about the last one ends. */
function toNext(plan: MigrationPlan, wanted: Wanted, accepted: number | null, now: number): MigrationPlan {
  const isReplanned = wanted.deadline !== plan.deadline
  const next: MigrationPlan = isReplanned
    ? { ...noPlan, ...wanted, plannedAt: wanted.deadline === null ? null : now }
    : { ...plan, ...wanted }
  const isReleased = accepted !== null && wanted.deadline !== null && (next.endsAt ?? now + 1) > now
  if (isReleased) {
    next.endsAt = Math.max(wanted.deadline ?? now, now)
    next.acceptedDenied = accepted
    next.postponedSince = null
  }
  return isReplanned || isReleased ? { ...next, nextStepAt: getNextStep(next, now) } : next
}

function assertDeadline(
  plan: MigrationPlan,
  { deadline }: Wanted,
  {
    acceptDenied,
    enforcementWindowHours,
    now,
  }: Pick<MigrationTerms, 'enforcementWindowHours'> & { acceptDenied: number | null; now: number },
): void {
  if (deadline === null && acceptDenied !== null)
    throw new PosternError('bad_request', 'acceptDenied belongs to a deadline. Set the deadline with it.')
  if (deadline === null || deadline === plan.deadline) return
  const earliest = acceptDenied === null ? now + enforcementWindowHours * hour : now
  if (deadline >= earliest) return
  throw new PosternError(
    'bad_request',
    acceptDenied === null
      ? `The deadline must be at least ${enforcementWindowHours} hours ahead. Set ${toText(earliest)} or later, or confirm with acceptDenied how many calls may be denied.`
      : 'The deadline has passed. Set one that is ahead.',
  )
}

function assertException(plan: MigrationPlan, { exceptionUntil }: Wanted, now: number): void {
  if (exceptionUntil === null || exceptionUntil === plan.exceptionUntil) return
  if (exceptionUntil <= now)
    throw new PosternError(
      'bad_request',
      'exceptionUntil has passed. Set a time that is ahead, or null to end it.',
    )
  const latest = now + maxExceptionDays * 24 * hour
  if (exceptionUntil > latest)
    throw new PosternError(
      'bad_request',
      `An exception ends within ${maxExceptionDays} days. Set ${toText(latest)} or earlier; it can be extended later.`,
    )
}

function assertAccepted(recent: number, accepted: number, { enforcementWindowHours }: MigrationTerms): void {
  if (recent === accepted) return
  throw new PosternError(
    'migration_would_deny_calls',
    `${formatCount(recent, 'call')} in the last ${enforcementWindowHours} hours came with certificates from other CAs, not ${accepted}. Review them, and confirm that ${recent} may be denied.`,
  )
}

const isSame = (one: MigrationPlan, other: MigrationPlan): boolean =>
  one.deadline === other.deadline &&
  one.endsAt === other.endsAt &&
  one.acceptedDenied === other.acceptedDenied &&
  one.exceptionUntil === other.exceptionUntil &&
  one.message.join('\n') === other.message.join('\n')

/** Returns the emails about a change: recipients who know of a deadline receive every change of it. */
function chooseEmails(
  letters: MigrationEmails,
  step: MigrationStep,
  recipients: readonly Recipient[],
  { plan, next }: { plan: MigrationPlan; next: MigrationPlan },
): Email[] {
  const { deadline, message } = next
  if (deadline === plan.deadline) return []
  if (deadline !== null) return letters.planned(step, recipients, { deadline, message })
  return plan.deadline === null ? [] : letters.withdrawn(step, recipients, plan.deadline)
}
