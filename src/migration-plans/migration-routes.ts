import type { Environment } from '../config/config.ts'
import type { MigrationImpactView, MigrationView } from '../contract/migration.ts'
import type { Handlers } from '../http/handler.ts'
import { toText } from '../shapes/moment.ts'
import type { ExternalUse } from './external-use-store.ts'
import { getState, type MigrationPlan, type MigrationScope, noPlan } from './migration-plan.ts'
import { type MigrationDependencies, setMigration } from './set-migration.ts'

const hour = 3_600_000
const shownMs = 24 * hour

/** The dependencies of these routes. */
export interface MigrationRouteDependencies extends MigrationDependencies {
  environments: ReadonlyMap<string, Environment>
}

type Ids = 'getMigration' | 'getMigrationImpact' | 'setMigration' | 'listMigrations'

/** Returns the handlers of the plans by which organizations leave certificates from other CAs. */
export function migrationRoutes(dependencies: MigrationRouteDependencies): Pick<Handlers, Ids> {
  const { plans, clock, environments } = dependencies
  const readPlan = async (place: MigrationScope, environment: Environment): Promise<MigrationView> => {
    const decided = await plans.find(place)
    const plan = decided ?? noPlan
    return {
      ...toPlanView(plan, clock.now()),
      message: [...plan.message],
      windowHours: environment.enforcementWindowHours,
      updatedBy: decided?.updatedBy ?? null,
    }
  }
  const readUse = async (place: MigrationScope) => {
    const now = clock.now()
    const use = await plans.readUse(place, { since: now - shownMs, now })
    return toUseView(use, environments.get(place.environment))
  }

  return {
    getMigration: ({ organization, environment }) =>
      readPlan({ organizationId: organization.id, environment: environment.name }, environment),

    async getMigrationImpact({ organization, environment }): Promise<MigrationImpactView> {
      const place = { organizationId: organization.id, environment: environment.name }
      const now = clock.now()
      const since = now - environment.enforcementWindowHours * hour
      const recentExternalCalls = await plans.sumExternalCalls(place, { since, now })
      const nextCertificate = (await plans.findWithoutReplacement(place, now)) ?? null
      return { ...(await readUse(place)), recentExternalCalls, nextCertificate }
    },

    async setMigration({ actor, organization, environment, body }) {
      const place = { organizationId: organization.id, environment: environment.name }
      const news = { ...place, slug: organization.slug, label: environment.label ?? environment.name }
      await setMigration(dependencies, actor, { news, terms: environment }, body)
      return readPlan(place, environment)
    },

    async listMigrations({ query }) {
      const now = clock.now()
      const { items, nextCursor } = await plans.list(query, now)
      const rows = items.map(async ({ slug, legalName, ...place }) => ({
        organization: { slug, legalName },
        environment: place.environment,
        ...toPlanView((await plans.find(place)) ?? noPlan, now),
        ...(await readUse(place)),
      }))
      return { items: await Promise.all(rows), nextCursor }
    },
  }
}

const toPlanView = (plan: MigrationPlan, now: number) => ({
  state: getState(plan, now),
  deadline: toText(plan.deadline),
  endsAt: toText(plan.endsAt),
  postponedSince: toText(plan.postponedSince),
  exceptionUntil: toText(plan.exceptionUntil),
})

const toUseView = ({ issuers, ...use }: ExternalUse, environment: Environment | undefined) => ({
  ...use,
  issuers: issuers.map(({ lastNotAfter, ...one }) => ({
    ...one,
    lastNotAfter: toText(lastNotAfter),
    lastRenewal: environment?.lastRenewals.find(({ issuer }) => issuer === one.issuer)?.on ?? null,
  })),
})
