import { systemActor } from '../shapes/actor.ts'
import { type GatewayWatch, hasCounted } from '../shapes/gateway-watch.ts'
import type { PolicyStep } from './enforcement-emails.ts'
import type { PolicyChange } from './policy-store.ts'
import { initialPolicy, type PolicyDependencies, type PolicyTerms } from './set-policy.ts'

const hour = 3_600_000
const actor = systemActor('enforcement')

/** The environments by name. */
export type Terms = ReadonlyMap<string, PolicyTerms & { label?: string | undefined }>

/** What enforces policies on their dates. */
export interface EnforcingDependencies extends PolicyDependencies {
  /** Reads what is known of the gateways; undefined before anybody has looked after them. */
  readWatch(): Promise<GatewayWatch | undefined>
}

/**
 * Requires certificates where the date of an enforcement policy has come; postpones that, and sends one email
 * about it, while recent calls would be denied, or may be because the gateways have not counted all of them. If several
 * processes do this concurrently, one succeeds. What fails for one policy goes to `onFailure`, and the others are done.
 */
export async function enforceDue(
  { plans: policies, letters: emails, readWatch, clock }: EnforcingDependencies,
  environments: Terms,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const now = clock.now()
  const due = await policies.listDue(now)
  if (due.length === 0) return
  const watch = await readWatch()
  for (const place of due) {
    const terms = environments.get(place.environment)
    // No gateway serves the environment any more, or its profile requires certificates anyway.
    if (terms === undefined || terms.profile === 'fapi2') continue
    const step = { ...place, label: terms.label ?? place.environment, at: now }
    const isCounted = hasCounted(watch, { since: now - terms.enforcementWindowHours * hour, now })
    await policies
      .change(place, now, (change) => enforceOne({ letters: emails }, { step, isCounted }, terms, change))
      .catch(onFailure)
  }
}

async function enforceOne(
  { letters: emails }: Pick<PolicyDependencies, 'letters'>,
  { step, isCounted }: { step: PolicyStep; isCounted: boolean },
  terms: PolicyTerms,
  { plan: policy = initialPolicy(terms), readiness, listRecipients, save }: PolicyChange,
): Promise<void> {
  const { at: now } = step
  const { mode, enforceAt } = policy
  if (mode !== 'observe' || enforceAt === null || enforceAt > now) return
  const { enforcementWindowHours: windowHours } = terms
  const { recent } = await readiness(policy, now - windowHours * hour)
  if (recent === 0 && isCounted) {
    const told = emails.began(step, await listRecipients())
    const began = { mode: 'enforce', since: now, enforceAt: null, postponedSince: null } as const
    await save(began, { actor, action: 'enforcement.began' }, told)
  } else if (policy.postponedSince === null) {
    const told = emails.held(step, await listRecipients(), { enforceAt, recent, windowHours })
    await save({ ...policy, postponedSince: now }, { actor, action: 'enforcement.held' }, told)
  }
}
