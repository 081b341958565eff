import type { Clock } from '../clock.ts'
import type { NewEnforcementPolicy } from '../contract/enforcement-policy.ts'
import type { Profile } from '../contract/environment.ts'
import { formatCount } from '../contract/format-count.ts'
import { PosternError } from '../errors.ts'
import type { Actor } from '../shapes/actor.ts'
import type { Email } from '../shapes/email.ts'
import { toText } from '../shapes/moment.ts'
import type { EnforcementEmails, PolicyNews, PolicyStep, Recipient } from './enforcement-emails.ts'
import type { EnforcementPolicy, Readiness } from './policy.ts'
import type { PolicyStore } from './policy-store.ts'

const hour = 3_600_000

/** The dependencies that set enforcement policies. */
export interface PolicyDependencies {
  plans: PolicyStore
  letters: EnforcementEmails
  clock: Clock
}

/** The settings of an environment for enforcement policies. */
export interface PolicyTerms {
  /** The mode without a decision. */
  enforcement: EnforcementPolicy['mode']
  enforcementWindowHours: number
  profile: Profile
}

/** Returns the policy of an organization without a decision. */
export const initialPolicy = ({ enforcement }: Pick<PolicyTerms, 'enforcement'>): EnforcementPolicy => ({
  mode: enforcement,
  since: 0,
  enforceAt: null,
  postponedSince: null,
})

/**
 * Sets whether clients of an organization need a certificate, immediately or from a date on. Throws
 * `bad_request` for an invalid date, `enforcement_would_deny_calls` if recent calls would be denied, and
 * `enforcement_not_observed` if the impact is unknown, unless `acceptDenied` is exactly their number. Throws
 * `conflict` if the profile of the environment requires certificates.
 */
export async function setPolicy(
  { plans: policies, letters: emails, clock }: PolicyDependencies,
  actor: Actor,
  { news, terms }: { news: PolicyNews; terms: PolicyTerms },
  { mode, enforceAt: text, acceptDenied }: NewEnforcementPolicy,
): Promise<void> {
  if (terms.profile === 'fapi2' && mode !== 'enforce')
    throw new PosternError(
      'conflict',
      'This environment follows FAPI 2.0, which requires a client certificate of every organization.',
    )
  const now = clock.now()
  const enforceAt = text === null ? null : Date.parse(text)
  return policies.change(news, now, async ({ plan: decided, readiness, listRecipients, save }) => {
    const policy = decided ?? initialPolicy(terms)
    const since = policy.mode === mode && decided !== undefined ? policy.since : now
    assertMoment({ mode, since, enforceAt }, terms, now)
    if (decided !== undefined && policy.mode === mode && policy.enforceAt === enforceAt) return
    const seen = await readiness(policy, now - terms.enforcementWindowHours * hour)
    if (mode === 'enforce' && policy.mode !== 'enforce')
      assertNoClientIsDenied(policy, seen, terms, { acceptDenied, now })
    const next = { mode, since, enforceAt, postponedSince: null }
    const told = chooseEmails(emails, { ...news, at: now }, await listRecipients(), {
      plan: policy,
      next,
      seen,
    })
    await save(next, { actor, action: 'enforcement.decided' }, told)
  })
}

/** Returns the emails about a change: recipients who know of a date receive every change of it. */
function chooseEmails(
  emails: EnforcementEmails,
  step: PolicyStep,
  recipients: readonly Recipient[],
  { plan: policy, next, seen }: { plan: EnforcementPolicy; next: EnforcementPolicy; seen: Readiness },
): Email[] {
  if (next.mode === 'enforce') return policy.mode === 'enforce' ? [] : emails.began(step, recipients)
  if (next.enforceAt === policy.enforceAt) return []
  if (next.enforceAt !== null)
    return emails.planned(step, recipients, { enforceAt: next.enforceAt, refused: seen.refused })
  return policy.enforceAt === null ? [] : emails.withdrawn(step, recipients, policy.enforceAt)
}

function assertMoment(
  { mode, since, enforceAt }: Pick<EnforcementPolicy, 'mode' | 'since' | 'enforceAt'>,
  { enforcementWindowHours }: PolicyTerms,
  now: number,
): void {
  if (enforceAt === null) return
  if (mode !== 'observe')
    throw new PosternError(
      'bad_request',
      'Only while it is observed can a moment be set from which certificates are required. Set the mode observe with it.',
    )
  const earliest = Math.max(now, since + enforcementWindowHours * hour)
  if (enforceAt < earliest)
    throw new PosternError(
      'bad_request',
      `Requests must be monitored for ${enforcementWindowHours} hours first. Set ${toText(earliest)} or later.`,
    )
}

function assertNoClientIsDenied(
  { mode, since }: EnforcementPolicy,
  { recent }: Readiness,
  { enforcementWindowHours }: PolicyTerms,
  { acceptDenied, now }: { acceptDenied: number | null; now: number },
): void {
  if (acceptDenied === recent) return
  if (recent > 0 || acceptDenied !== null)
    throw new PosternError(
      'enforcement_would_deny_calls',
      `${formatCount(recent, 'request')} in the last ${enforcementWindowHours} hours would be denied${acceptDenied === null ? '' : `, not ${acceptDenied}`}. Review them and wait until there are none, or confirm that ${recent} may be denied.`,
    )
  // Without a decision the start of monitoring is unknown.
  if (mode === 'observe' && since > 0 && now - since >= enforcementWindowHours * hour) return
  throw new PosternError(
    'enforcement_not_observed',
    `Requests have not been monitored for ${enforcementWindowHours} hours, so the impact is unknown. Monitor first, or confirm with 0.`,
  )
}
