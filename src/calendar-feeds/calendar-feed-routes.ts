import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import type { Handlers } from '../http/handler.ts'
import type { CalendarFeedStore } from './calendar-feed-store.ts'
import { createCalendarToken } from './calendar-token.ts'

/** The dependencies of these routes. */
export interface CalendarFeedDependencies {
  calendarFeeds: CalendarFeedStore
  environments: ReadonlyMap<string, unknown>
  portalUrl: string
  clock: Clock
}

/** Returns the handlers for calendar feeds. */
export function calendarFeedRoutes({
  calendarFeeds,
  environments,
  portalUrl,
  clock,
}: CalendarFeedDependencies): Pick<
  Handlers,
  'createCalendarFeed' | 'listCalendarFeeds' | 'getCalendarFeed' | 'deleteCalendarFeed'
> {
  return {
    async createCalendarFeed({ actor, session, organization, body, keepSecrets }) {
      const { environment } = body
      if (!environments.has(environment))
        throw new PosternError('not_found', 'There is no such environment. Use one of listEnvironments.')
      const token = createCalendarToken()
      const address = `${portalUrl}/calendar/${token}.ics`
      keepSecrets?.({ address })
      const draft = { environment, userId: session.userId, token }
      const id = await calendarFeeds.insert(organization.id, draft, { actor, now: clock.now() })
      return { ...(await calendarFeeds.get(organization.id, id)), address }
    },
    listCalendarFeeds: ({ organization, query }) => calendarFeeds.list(organization.id, query),
    getCalendarFeed: ({ organization, params }) => calendarFeeds.get(organization.id, params.calendarFeedId),
    async deleteCalendarFeed({ actor, organization, params }) {
      await calendarFeeds.delete(organization.id, params.calendarFeedId, { actor, now: clock.now() })
      return undefined
    },
  }
}
