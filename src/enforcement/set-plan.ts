import type { Clock } from '../clock.ts'
import type { NewEnforcementPlan } from '../contract/enforcement-plan.ts'
import type { Profile } from '../contract/environment.ts'
import { PosternError } from '../errors.ts'
import type { Actor } from '../shapes/actor.ts'
import type { Letter } from '../shapes/letter.ts'
import { toText } from '../shapes/moment.ts'
import type { EnforcementLetters, PlanNews, PlanStep, Recipient } from './enforcement-letters.ts'
import type { Plan, Readiness } from './plan.ts'
import type { PlanStore } from './plan-store.ts'

const hour = 3_600_000

/** The dependencies that set enforcement policies. */
export interface PlanParts {
  plans: PlanStore
  letters: EnforcementLetters
  clock: Clock
}

/** The settings of an environment for enforcement policies. */
export interface PlanTerms {
  /** The mode without a decision. */
  enforcement: Plan['mode']
  enforcementHoldHours: number
  profile: Profile
}

/** Returns the policy of an organization without a decision. */
export const unplanned = ({ enforcement }: Pick<PlanTerms, 'enforcement'>): Plan => ({
  mode: enforcement,
  since: 0,
  enforceAt: null,
  heldSince: null,
})

/**
 * Sets whether clients of an organization need a certificate, immediately or from a date on. Throws
 * `bad_request` for an invalid date, `enforcement_would_cut` if recent calls would be denied, and
 * `enforcement_not_observed` if the impact is unknown, unless `despite` is exactly their number. Throws
 * `conflict` if the profile of the environment requires certificates.
 */
export async function setPlan(
  { plans, letters, clock }: PlanParts,
  actor: Actor,
  { news, terms }: { news: PlanNews; terms: PlanTerms },
  { mode, enforceAt: text, despite }: NewEnforcementPlan,
): Promise<void> {
  if (terms.profile === 'fapi2' && mode !== 'enforce')
    throw new PosternError(
      'conflict',
      'This environment follows FAPI 2.0, which requires a client certificate of every organization.',
    )
  const now = clock.now()
  const enforceAt = text === null ? null : Date.parse(text)
  return plans.change(news, now, async ({ plan: decided, readiness, listRecipients, save }) => {
    const plan = decided ?? unplanned(terms)
    const since = plan.mode === mode && decided !== undefined ? plan.since : now
    assertMoment({ mode, since, enforceAt }, terms, now)
    if (decided !== undefined && plan.mode === mode && plan.enforceAt === enforceAt) return
    const seen = await readiness(plan, now - terms.enforcementHoldHours * hour)
    if (mode === 'enforce' && plan.mode !== 'enforce') assertNobodyIsCut(plan, seen, terms, { despite, now })
    const next = { mode, since, enforceAt, heldSince: null }
    const told = chooseLetters(letters, { ...news, at: now }, await listRecipients(), { plan, next, seen })
    await save(next, { actor, action: 'enforcement.decided' }, told)
  })
}

/** Returns the emails about a change: recipients who know of a date receive every change of it. */
function chooseLetters(
  letters: EnforcementLetters,
  step: PlanStep,
  recipients: readonly Recipient[],
  { plan, next, seen }: { plan: Plan; next: Plan; seen: Readiness },
): Letter[] {
  if (next.mode === 'enforce') return plan.mode === 'enforce' ? [] : letters.began(step, recipients)
  if (next.enforceAt === plan.enforceAt) return []
  if (next.enforceAt !== null)
    return letters.planned(step, recipients, { enforceAt: next.enforceAt, refused: seen.refused })
  return plan.enforceAt === null ? [] : letters.withdrawn(step, recipients, plan.enforceAt)
}

function assertMoment(
  { mode, since, enforceAt }: Pick<Plan, 'mode' | 'since' | 'enforceAt'>,
  { enforcementHoldHours }: PlanTerms,
  now: number,
): void {
  if (enforceAt === null) return
  if (mode !== 'observe')
    throw new PosternError(
      'bad_request',
      'Only while it is observed can a moment be set from which certificates are required. Set the mode observe with it.',
    )
  const earliest = Math.max(now, since + enforcementHoldHours * hour)
  if (enforceAt < earliest)
    throw new PosternError(
      'bad_request',
      `Calls have to be observed for ${enforcementHoldHours} hours first, so that nobody is cut off unseen. Name ${toText(earliest)} or later.`,
    )
}

function assertNobodyIsCut(
  { mode, since }: Plan,
  { recent }: Readiness,
  { enforcementHoldHours }: PlanTerms,
  { despite, now }: { despite: number | null; now: number },
): void {
  if (despite === recent) return
  if (recent > 0 || despite !== null)
    throw new PosternError(
      'enforcement_would_cut',
      `In the last ${enforcementHoldHours} hours ${recent} calls came that would be refused${despite === null ? '' : `, not ${despite}`}. Look at them, and wait until there are none, or say that these ${recent} may be refused.`,
    )
  // Without a decision the start of monitoring is unknown.
  if (mode === 'observe' && since > 0 && now - since >= enforcementHoldHours * hour) return
  throw new PosternError(
    'enforcement_not_observed',
    `Nobody knows yet who would be refused: calls have not been observed for ${enforcementHoldHours} hours. Observe them first, or say that 0 calls may be refused.`,
  )
}
