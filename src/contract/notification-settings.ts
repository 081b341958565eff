import { z } from 'zod'
import { EmailAddress } from './account.ts'
import { Timestamp } from './common.ts'
import { TimeZone } from './time-zone.ts'

/** Whether emails to a team address arrive: of a member, confirmed, or asked and not answered yet. */
export const teamAddressStates = ['member', 'confirmed', 'waiting'] as const
export type TeamAddressState = (typeof teamAddressStates)[number]

export const NotificationSettings = z
  .object({
    teamAddress: EmailAddress.nullable().meta({
      description:
        'Gets the emails about expiring certificates if no contact can be reached, and from 14 days before the end on. It is asked first to confirm.',
    }),
    timeZone: TimeZone.nullable().meta({
      description: 'Of dates in emails to addresses that have chosen none; null for UTC.',
    }),
  })
  .meta({ id: 'NotificationSettingsInput' })
export type NotificationSettings = z.output<typeof NotificationSettings>

export const NotificationSettingsView = z
  .object({
    teamAddress: z.string().nullable(),
    teamAddressState: z.enum(teamAddressStates).nullable().meta({
      description: 'Null without a team address. One that is `waiting` gets no emails but the question.',
    }),
    timeZone: z.string().nullable(),
    unsubscribed: z.array(z.object({ email: z.string(), at: Timestamp })).meta({
      description: 'Who has unsubscribed from emails about expiring certificates; the first 200 by address.',
    }),
  })
  .meta({ id: 'NotificationSettings' })
export type NotificationSettingsView = z.output<typeof NotificationSettingsView>
