import { z } from 'zod'
import { EnvironmentName, OrganizationParams, PageQuery, Timestamp } from './common.ts'
import { CalendarFeedId } from './ids.ts'

/** How many calendar feeds the members of an organization may have together. */
export const maxCalendarFeeds = 100
/** How many certificates a feed has at most: those that end first. */
export const maxCalendarEvents = 1000
/** For how long a certificate stays in a feed after its end, days. */
export const endedCalendarDays = 30

export const CalendarFeedParams = OrganizationParams.extend({ calendarFeedId: CalendarFeedId })

export const CalendarFeedView = z
  .object({
    id: CalendarFeedId,
    environment: EnvironmentName,
    createdBy: z.string().meta({ description: 'The email address of the member whose feed it is.' }),
    createdAt: Timestamp,
    lastReadAt: Timestamp.nullable().meta({
      description: 'When a calendar last read it, to about an hour; null before that.',
    }),
  })
  .meta({ id: 'CalendarFeed' })
export type CalendarFeedView = z.output<typeof CalendarFeedView>

export const CalendarFeedWithAddress = CalendarFeedView.extend({
  address: z.string().meta({
    description: 'The secret address for a calendar program. Only this answer has it.',
  }),
}).meta({ id: 'CalendarFeedWithAddress' })
export type CalendarFeedWithAddress = z.output<typeof CalendarFeedWithAddress>

export const NewCalendarFeed = z.object({ environment: EnvironmentName }).meta({ id: 'NewCalendarFeed' })

export const CalendarFeedListQuery = PageQuery
