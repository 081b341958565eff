import type { Environment } from '../config/config.ts'
import type { EnforcementPolicyView } from '../contract/enforcement-policy.ts'
import type { Handlers } from '../http/handler.ts'
import { toText } from '../shapes/moment.ts'
import type { EnforcementPolicy, PolicyScope, Readiness, WouldBeDenied } from './policy.ts'
import type { ReadinessStore } from './readiness-store.ts'
import { initialPolicy, type PolicyDependencies, setPolicy } from './set-policy.ts'

const hour = 3_600_000

/** The dependencies of these routes. */
export interface EnforcementRouteDependencies extends PolicyDependencies {
  readiness: ReadinessStore
  environments: ReadonlyMap<string, Environment>
}

type Ids = 'getEnforcementPolicy' | 'setEnforcementPolicy' | 'listEnforcementPolicies'

/** Returns the handlers for mTLS enforcement: whether clients need a certificate, and which are ready. */
export function enforcementRoutes(dependencies: EnforcementRouteDependencies): Pick<Handlers, Ids> {
  const read = async (place: PolicyScope, environment: Environment) => {
    const decided = await dependencies.plans.find(place)
    // Gateways ignore the policy if the profile requires certificates.
    const policy =
      environment.profile === 'fapi2' ? initialPolicy(environment) : (decided ?? initialPolicy(environment))
    const recentSince = dependencies.clock.now() - environment.enforcementWindowHours * hour
    const updatedBy = (policy === decided && decided?.updatedBy) || null
    return {
      plan: policy,
      updatedBy,
      counted: await dependencies.readiness.sum(place, policy.since, recentSince),
    }
  }
  const readWhole = async (place: PolicyScope, environment: Environment): Promise<EnforcementPolicyView> => {
    const { plan: policy, updatedBy, counted } = await read(place, environment)
    return {
      ...toView(policy, counted),
      updatedBy,
      windowHours: environment.enforcementWindowHours,
      causes: (await dependencies.readiness.listCauses(place, policy.since)).map(toCauseView),
    }
  }

  return {
    getEnforcementPolicy: ({ organization, environment }) =>
      readWhole({ organizationId: organization.id, environment: environment.name }, environment),

    async setEnforcementPolicy({ actor, organization, environment, body }) {
      const place = { organizationId: organization.id, environment: environment.name }
      const news = { ...place, slug: organization.slug, label: environment.label ?? environment.name }
      await setPolicy(dependencies, actor, { news, terms: environment }, body)
      return readWhole(place, environment)
    },

    async listEnforcementPolicies({ query }) {
      const { items, nextCursor } = await dependencies.plans.listOrganizations(query)
      const rows = items.flatMap(({ id, slug, legalName }) =>
        [...dependencies.environments.values()].map(async (environment) => {
          const {
            plan: policy,
            updatedBy,
            counted,
          } = await read({ organizationId: id, environment: environment.name }, environment)
          const named = { organization: { slug, legalName }, environment: environment.name }
          return { ...named, ...toView(policy, counted), updatedBy }
        }),
      )
      return { items: await Promise.all(rows), nextCursor }
    },
  }
}

const toView = ({ mode, since, enforceAt, postponedSince }: EnforcementPolicy, counted: Readiness) => ({
  mode,
  since: since === 0 ? null : toText(since),
  enforceAt: toText(enforceAt),
  postponedSince: toText(postponedSince),
  allowedCalls: counted.passing,
  deniedCalls: counted.refused,
  recentDeniedCalls: counted.recent,
})

const toCauseView = ({ lastAt, lastAddress, ...cause }: WouldBeDenied) => ({
  ...cause,
  lastAt: toText(lastAt),
  lastClientAddress: lastAddress,
})
