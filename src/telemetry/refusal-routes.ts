import type { Clock } from '../clock.ts'
import type { RefusalRange } from '../contract/refusal.ts'
import type { Handlers } from '../http/handler.ts'
import type { RefusalStore } from './refusal-store.ts'

const day = 86_400_000
const lengths: Record<RefusalRange, number> = { day, week: 7 * day, month: 30 * day }

/** The dependencies of these routes. */
export interface RefusalRouteParts {
  refusals: RefusalStore
  clock: Clock
}

type Ids = 'countOrganizationRefusals' | 'countRefusals' | 'listRefusals'

/** Returns the handlers for denied requests: an organization sees its own, operators see all. */
export function refusalRoutes({ refusals, clock }: RefusalRouteParts): Pick<Handlers, Ids> {
  const since = (range: RefusalRange) => clock.now() - lengths[range]
  return {
    async countOrganizationRefusals({ organization, environment, query }) {
      const place = { organization: organization.slug, environment: environment.name }
      return { items: await refusals.count(since(query.range), place) }
    },
    countRefusals: async ({ query: { range, ...filter } }) => ({
      items: await refusals.count(since(range), filter),
    }),
    listRefusals: ({ query: { cursor, limit, ...filter } }) => refusals.list(filter, { cursor, limit }),
  }
}
