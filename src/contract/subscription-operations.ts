import { LinkUse } from './account.ts'
import { OrganizationParams } from './common.ts'
import { operation } from './operation.ts'
import { organizationPath } from './paths.ts'
import { OwnSubscriptionChange, SubscriptionChange, SubscriptionView } from './subscription.ts'

/** Operations with which people unsubscribe from the emails of an organization. */
export const subscriptionOperations = {
  inspectSubscription: operation({
    id: 'inspectSubscription',
    summary: 'What the link of an email unsubscribes from; nothing changes',
    method: 'POST',
    path: '/links/subscription-inspection',
    access: 'anyone',
    readsOnly: true,
    body: LinkUse,
    reply: SubscriptionView,
    errors: ['link_invalid'],
  }),
  changeSubscription: operation({
    id: 'changeSubscription',
    summary: 'Unsubscribe with the link of an email, or take that back',
    method: 'POST',
    path: '/links/subscription',
    access: 'anyone',
    body: SubscriptionChange,
    reply: SubscriptionView,
    errors: ['link_invalid', 'last_recipient'],
  }),
  setOwnSubscription: operation({
    id: 'setOwnSubscription',
    summary: 'Unsubscribe from the emails of an organization as its member, or take that back',
    method: 'POST',
    path: `${organizationPath}/own-subscription`,
    access: 'viewer',
    params: OrganizationParams,
    body: OwnSubscriptionChange,
    reply: SubscriptionView,
    errors: ['last_recipient'],
  }),
}
