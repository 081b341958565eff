import { systemActor } from '../shapes/actor.ts'
import { type PlanParts, type PlanTerms, unplanned } from './set-plan.ts'

const hour = 3_600_000
const actor = systemActor('enforcement')

/** The environments by name. */
export type Terms = ReadonlyMap<string, PlanTerms & { label?: string | undefined }>

/**
 * Requires certificates where the date of an enforcement policy has come; postpones that, and sends one email
 * about it, while recent calls would be denied. If several processes do this concurrently, one succeeds.
 */
export async function enforceDue({ plans, letters, clock }: PlanParts, environments: Terms): Promise<void> {
  const now = clock.now()
  for (const place of await plans.listDue(now)) {
    const terms = environments.get(place.environment)
    // No gateway serves the environment any more, or its profile requires certificates anyway.
    if (terms === undefined || terms.profile === 'fapi2') continue
    const step = { ...place, label: terms.label ?? place.environment, at: now }
    const { enforcementHoldHours: holdHours } = terms
    await plans.change(place, now, async ({ plan = unplanned(terms), readiness, listRecipients, save }) => {
      const { mode, enforceAt } = plan
      if (mode !== 'observe' || enforceAt === null || enforceAt > now) return
      const { recent } = await readiness(plan, now - holdHours * hour)
      if (recent === 0) {
        const told = letters.began(step, await listRecipients())
        const began = { mode: 'enforce', since: now, enforceAt: null, heldSince: null } as const
        await save(began, { actor, action: 'enforcement.began' }, told)
      } else if (plan.heldSince === null) {
        const told = letters.held(step, await listRecipients(), { enforceAt, recent, holdHours })
        await save({ ...plan, heldSince: now }, { actor, action: 'enforcement.held' }, told)
      }
    })
  }
}
