import type { Clock } from '../clock.ts'
import type { DenialRange } from '../contract/denial.ts'
import type { Handlers } from '../http/handler.ts'
import type { DenialStore, DenialTime } from './denial-store.ts'

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
  const toCountTime = ({ range, ...time }: Moments & { range?: DenialRange | undefined }): DenialTime =>
    time.from === undefined && time.to === undefined
      ? { from: clock.now() - lengths[range ?? 'day'] }
      : toTime(time)
  return {
    listOrganizationDenials: ({ organization, environment, query: { code, from, to, ...page } }) => {
      const place = { organizationId: organization.id, environment: environment.name }
      return denials.list({ ...place, ...toTime({ from, to }), code }, page)
    },
    async countOrganizationDenials({ organization, environment, query }) {
      const place = { organization: organization.slug, environment: environment.name }
      return { items: await denials.count(toCountTime(query), place) }
    },
    countDenials: async ({ query: { range, from, to, ...filter } }) => ({
      items: await denials.count(toCountTime({ range, from, to }), filter),
    }),
    listDenials: ({ query: { cursor, limit, from, to, ...filter } }) =>
      denials.list({ ...filter, ...toTime({ from, to }) }, { cursor, limit }),
  }
}

/** A range of time as a query has it. */
interface Moments {
  from?: string | undefined
  to?: string | undefined
}

const toTime = ({ from, to }: Moments): DenialTime => ({
  ...(from === undefined ? {} : { from: Date.parse(from) }),
  ...(to === undefined ? {} : { to: Date.parse(to) }),
})
