import {
  CalendarFeedListQuery,
  CalendarFeedParams,
  CalendarFeedView,
  CalendarFeedWithAddress,
  NewCalendarFeed,
} from './calendar-feed.ts'
import { createPageSchema, OrganizationParams } from './common.ts'
import { operation } from './operation.ts'
import { organizationPath } from './paths.ts'

const feedsPath = `${organizationPath}/calendar-feeds` as const
const feedPath = `${feedsPath}/:calendarFeedId` as const

/** Operations on calendar feeds of expiry dates. No API key may call them: a feed belongs to a member. */
export const calendarFeedOperations = {
  createCalendarFeed: operation({
    id: 'createCalendarFeed',
    summary: 'Create a calendar feed of expiry dates; its address is shown in this answer only',
    method: 'POST',
    path: feedsPath,
    access: 'developer',
    params: OrganizationParams,
    body: NewCalendarFeed,
    reply: CalendarFeedWithAddress,
    status: 201,
    creates: 'getCalendarFeed',
    errors: ['calendar_feed_limit_reached'],
  }),
  listCalendarFeeds: operation({
    id: 'listCalendarFeeds',
    summary: 'Calendar feeds of the members of an organization, newest first',
    method: 'GET',
    path: feedsPath,
    access: 'viewer',
    params: OrganizationParams,
    query: CalendarFeedListQuery,
    reply: createPageSchema(CalendarFeedView),
  }),
  getCalendarFeed: operation({
    id: 'getCalendarFeed',
    summary: 'One calendar feed, without its address',
    method: 'GET',
    path: feedPath,
    access: 'viewer',
    params: CalendarFeedParams,
    reply: CalendarFeedView,
  }),
  deleteCalendarFeed: operation({
    id: 'deleteCalendarFeed',
    summary: 'Delete a calendar feed; its address stops working immediately',
    method: 'DELETE',
    path: feedPath,
    access: 'developer',
    params: CalendarFeedParams,
    reply: null,
    status: 204,
    changes: 'getCalendarFeed',
  }),
}
