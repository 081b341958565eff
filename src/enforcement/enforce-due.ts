import { systemActor } from '../shapes/actor.ts'
import { type PlanParts, type PlanTerms, unplanned } from './set-plan.ts'

const hour = 3_600_000
const actor = systemActor('enforcement')

/** The environments, by name. */
export type Terms = ReadonlyMap<string, PlanTerms & { label?: string | undefined }>

/**
 * Requires certificates where the moment for it has come; holds that back, and says so once, as long as recent
 * calls would be refused. Of several processes that do this at once one does it.
 */
export async function enforceDue({ plans, letters, clock }: PlanParts, environments: Terms): Promise<void> {
  const now = clock.now()
  for (const place of await plans.listDue(now)) {
    const terms = environments.get(place.environment)
    // No gateway serves it any more, or every gateway requires certificates there by its profile.
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
