import { systemActor } from '../shapes/actor.ts'
import { initialPolicy, type PolicyDependencies, type PolicyTerms } from './set-policy.ts'

const hour = 3_600_000
const actor = systemActor('enforcement')

/** The environments by name. */
export type Terms = ReadonlyMap<string, PolicyTerms & { label?: string | undefined }>

/**
 * Requires certificates where the date of an enforcement policy has come; postpones that, and sends one email
 * about it, while recent calls would be denied. If several processes do this concurrently, one succeeds.
 */
export async function enforceDue(
  { plans: policies, letters: emails, clock }: PolicyDependencies,
  environments: Terms,
): Promise<void> {
  const now = clock.now()
  for (const place of await policies.listDue(now)) {
    const terms = environments.get(place.environment)
    // No gateway serves the environment any more, or its profile requires certificates anyway.
    if (terms === undefined || terms.profile === 'fapi2') continue
    const step = { ...place, label: terms.label ?? place.environment, at: now }
    const { enforcementWindowHours: windowHours } = terms
    await policies.change(
      place,
      now,
      async ({ plan: policy = initialPolicy(terms), readiness, listRecipients, save }) => {
        const { mode, enforceAt } = policy
        if (mode !== 'observe' || enforceAt === null || enforceAt > now) return
        const { recent } = await readiness(policy, now - windowHours * hour)
        if (recent === 0) {
          const told = emails.began(step, await listRecipients())
          const began = { mode: 'enforce', since: now, enforceAt: null, postponedSince: null } as const
          await save(began, { actor, action: 'enforcement.began' }, told)
        } else if (policy.postponedSince === null) {
          const told = emails.held(step, await listRecipients(), { enforceAt, recent, windowHours })
          await save({ ...policy, postponedSince: now }, { actor, action: 'enforcement.held' }, told)
        }
      },
    )
  }
}
