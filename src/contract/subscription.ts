import { z } from 'zod'
import { LinkUse } from './account.ts'

const isUnsubscribed = z.boolean().meta({
  description: 'Whether the address gets no emails about expiring certificates of the organization.',
})

export const SubscriptionView = z
  .object({ email: z.string(), legalName: z.string(), isUnsubscribed })
  .meta({ id: 'Subscription' })
export type SubscriptionView = z.output<typeof SubscriptionView>

export const SubscriptionChange = LinkUse.extend({ isUnsubscribed }).meta({ id: 'SubscriptionChange' })

export const OwnSubscriptionChange = z.object({ isUnsubscribed }).meta({ id: 'OwnSubscriptionChange' })
