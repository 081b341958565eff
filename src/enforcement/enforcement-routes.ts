import type { Environment } from '../config/config.ts'
import type { EnforcementImpactView, EnforcementPolicyView } from '../contract/enforcement-policy.ts'
import type { Handlers } from '../http/handler.ts'
import { toText } from '../shapes/moment.ts'
import type { DecidedPolicy, EnforcementPolicy, PolicyScope, Readiness, WouldBeDenied } from './policy.ts'
import type { ReadinessStore } from './readiness-store.ts'
import { initialPolicy, type PolicyDependencies, setPolicy } from './set-policy.ts'

const hour = 3_600_000

/** The dependencies of these routes. */
export interface EnforcementRouteDependencies extends PolicyDependencies {
  readiness: ReadinessStore
  environments: ReadonlyMap<string, Environment>
}

type Ids =
  | 'getEnforcementPolicy'
  | 'getEnforcementImpact'
  | 'setEnforcementPolicy'
  | 'listEnforcementPolicies'

/** Returns the handlers for mTLS enforcement: whether clients need a certificate, and which are ready. */
export function enforcementRoutes(dependencies: EnforcementRouteDependencies): Pick<Handlers, Ids> {
  const { plans: policies, readiness, clock, environments } = dependencies
  const find = async (place: PolicyScope, environment: Environment): Promise<FoundPolicy> => {
    const decided = await policies.find(place)
    // Gateways ignore the policy if the profile requires certificates.
    if (decided === undefined || environment.profile === 'fapi2')
      return { ...initialPolicy(environment), updatedBy: null }
    return decided
  }
  const count = (place: PolicyScope, environment: Environment, since: number) =>
    readiness.sum(place, since, clock.now() - environment.enforcementWindowHours * hour)
  const readPolicy = async (
    place: PolicyScope,
    environment: Environment,
  ): Promise<EnforcementPolicyView> => ({
    ...toPolicyView(await find(place, environment)),
    windowHours: environment.enforcementWindowHours,
  })

  return {
    getEnforcementPolicy: ({ organization, environment }) =>
      readPolicy({ organizationId: organization.id, environment: environment.name }, environment),

    async getEnforcementImpact({ organization, environment }): Promise<EnforcementImpactView> {
      const place = { organizationId: organization.id, environment: environment.name }
      const { since } = await find(place, environment)
      return {
        since: toStart(since),
        ...toCounts(await count(place, environment, since)),
        causes: (await readiness.listCauses(place, since)).map(toCauseView),
      }
    },

    async setEnforcementPolicy({ actor, organization, environment, body }) {
      const place = { organizationId: organization.id, environment: environment.name }
      const news = { ...place, slug: organization.slug, label: environment.label ?? environment.name }
      await setPolicy(dependencies, actor, { news, terms: environment }, body)
      return readPolicy(place, environment)
    },

    async listEnforcementPolicies({ query }) {
      const { items, nextCursor } = await policies.listOrganizations(query)
      const rows = items.flatMap(({ id, slug, legalName }) =>
        [...environments.values()].map(async (environment) => {
          const place = { organizationId: id, environment: environment.name }
          const policy = await find(place, environment)
          const counts = toCounts(await count(place, environment, policy.since))
          const named = { organization: { slug, legalName }, environment: environment.name }
          return { ...named, ...toPolicyView(policy), ...counts }
        }),
      )
      return { items: await Promise.all(rows), nextCursor }
    },
  }
}

/** A policy as it applies; nobody has set that of the environment. */
type FoundPolicy = EnforcementPolicy & { updatedBy: DecidedPolicy['updatedBy'] | null }

const toStart = (since: number): string | null => (since === 0 ? null : toText(since))

const toPolicyView = ({ mode, since, updatedBy, enforceAt, postponedSince }: FoundPolicy) => ({
  mode,
  since: toStart(since),
  updatedBy,
  enforceAt: toText(enforceAt),
  postponedSince: toText(postponedSince),
})

const toCounts = ({ passing, refused, recent }: Readiness) => ({
  allowedCalls: passing,
  deniedCalls: refused,
  recentDeniedCalls: recent,
})

const toCauseView = ({ lastAt, lastAddress, ...cause }: WouldBeDenied) => ({
  ...cause,
  lastAt: toText(lastAt),
  lastClientAddress: lastAddress,
})
