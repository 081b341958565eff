import type { Clock } from '../clock.ts'
import type { DenialRange } from '../contract/denial.ts'
import type { Handlers } from '../http/handler.ts'
import { toText } from '../shapes/moment.ts'
import type { DenialStore, DenialTime } from './denial-store.ts'
import { getWindow } from './usage-window.ts'

const hour = 3_600_000

/** The dependencies of these routes. */
export interface DenialRouteDependencies {
  refusals: DenialStore
  clock: Clock
}

type Ids = 'listOrganizationDenials' | 'countOrganizationDenials' | 'countDenials' | 'listDenials'

/** Returns the handlers for denied requests: an organization sees its own, operators see all. */
export function denialRoutes({ refusals: denials, clock }: DenialRouteDependencies): Pick<Handlers, Ids> {
  /** A range has the window of all figures; a given time is counted in whole hours. */
  const toCountTime = ({ range, ...time }: Moments & { range?: DenialRange | undefined }) => {
    const now = clock.now()
    const { from, to } = toTime(time)
    if (from === undefined && to === undefined) return getWindow(range ?? 'day', now)
    return { from: from === undefined ? undefined : from - (from % hour), to: to ?? now }
  }
  const count = async (
    query: Parameters<typeof toCountTime>[0],
    filter: Parameters<DenialStore['count']>[1],
  ) => {
    const { from, to } = toCountTime(query)
    // What a gateway has counted ahead of the portal's clock belongs to a window that ends now.
    const items = await denials.count(query.to === undefined ? { from } : { from, to }, filter)
    return { from: from === undefined ? null : toText(from), to: toText(to), items }
  }
  return {
    listOrganizationDenials: ({ organization, environment, query: { code, traceId, from, to, ...page } }) => {
      const place = { organizationId: organization.id, environment: environment.name }
      return denials.list({ ...place, ...toTime({ from, to }), code, traceId }, page)
    },
    countOrganizationDenials: ({ organization, environment, query }) =>
      count(query, { organization: organization.slug, environment: environment.name }),
    countDenials: ({ query: { range, from, to, ...filter } }) => count({ range, from, to }, filter),
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
