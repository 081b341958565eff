import type { Clock } from '../clock.ts'
import type { DenialRange } from '../contract/denial.ts'
import type { Handlers } from '../http/handler.ts'
import type { DenialStore } from './denial-store.ts'

const day = 86_400_000
const lengths: Record<DenialRange, number> = { day, week: 7 * day, month: 30 * day }

/** The dependencies of these routes. */
export interface DenialRouteDependencies {
  refusals: DenialStore
  clock: Clock
}

type Ids = 'listOrganizationDenials' | 'countOrganizationDenials' | 'countDenials' | 'listDenials'

/** Returns the handlers for denied requests: an organization sees its own, operators see all. */
export function denialRoutes({ refusals: denials, clock }: DenialRouteDependencies): Pick<Handlers, Ids> {
  const since = (range: DenialRange) => clock.now() - lengths[range]
  return {
    listOrganizationDenials: ({ organization, environment, query: { code, ...page } }) =>
      denials.list({ organizationId: organization.id, environment: environment.name, code }, page),
    async countOrganizationDenials({ organization, environment, query }) {
      const place = { organization: organization.slug, environment: environment.name }
      return { items: await denials.count(since(query.range), place) }
    },
    countDenials: async ({ query: { range, ...filter } }) => ({
      items: await denials.count(since(range), filter),
    }),
    listDenials: ({ query: { cursor, limit, ...filter } }) => denials.list(filter, { cursor, limit }),
  }
}
