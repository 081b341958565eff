import type { Environment } from '../config/config.ts'
import type { EnforcementPlanView } from '../contract/enforcement-plan.ts'
import type { Handlers } from '../http/handler.ts'
import { toText } from '../shapes/moment.ts'
import type { Plan, PlanPlace, Readiness, WouldBeRefused } from './plan.ts'
import type { ReadinessStore } from './readiness-store.ts'
import { type PlanParts, setPlan, unplanned } from './set-plan.ts'

const hour = 3_600_000

/** The dependencies of these routes. */
export interface EnforcementRouteParts extends PlanParts {
  readiness: ReadinessStore
  environments: ReadonlyMap<string, Environment>
}

type Ids = 'getEnforcementPlan' | 'setEnforcementPlan' | 'listEnforcementPlans'

/** Returns the handlers for mTLS enforcement: whether clients need a certificate, and which are ready. */
export function enforcementRoutes(parts: EnforcementRouteParts): Pick<Handlers, Ids> {
  const read = async (place: PlanPlace, environment: Environment) => {
    const decided = await parts.plans.find(place)
    // Gateways ignore the policy if the profile requires certificates.
    const plan =
      environment.profile === 'fapi2' ? unplanned(environment) : (decided ?? unplanned(environment))
    const recentSince = parts.clock.now() - environment.enforcementHoldHours * hour
    return { plan, counted: await parts.readiness.sum(place, plan.since, recentSince) }
  }
  const readWhole = async (place: PlanPlace, environment: Environment): Promise<EnforcementPlanView> => {
    const { plan, counted } = await read(place, environment)
    return {
      ...present(plan, counted),
      holdHours: environment.enforcementHoldHours,
      causes: (await parts.readiness.listCauses(place, plan.since)).map(presentCause),
    }
  }

  return {
    getEnforcementPlan: ({ organization, environment }) =>
      readWhole({ organizationId: organization.id, environment: environment.name }, environment),

    async setEnforcementPlan({ actor, organization, environment, body }) {
      const place = { organizationId: organization.id, environment: environment.name }
      const news = { ...place, slug: organization.slug, label: environment.label ?? environment.name }
      await setPlan(parts, actor, { news, terms: environment }, body)
      return readWhole(place, environment)
    },

    async listEnforcementPlans({ query }) {
      const { items, nextCursor } = await parts.plans.listOrganizations(query)
      const rows = items.flatMap(({ id, slug, legalName }) =>
        [...parts.environments.values()].map(async (environment) => {
          const { plan, counted } = await read(
            { organizationId: id, environment: environment.name },
            environment,
          )
          const named = { organization: { slug, legalName }, environment: environment.name }
          return { ...named, ...present(plan, counted) }
        }),
      )
      return { items: await Promise.all(rows), nextCursor }
    },
  }
}

const present = ({ mode, since, enforceAt, heldSince }: Plan, counted: Readiness) => ({
  mode,
  since: since === 0 ? null : toText(since),
  enforceAt: toText(enforceAt),
  heldSince: toText(heldSince),
  ...counted,
})

const presentCause = ({ lastAt, ...cause }: WouldBeRefused) => ({ ...cause, lastAt: toText(lastAt) })
