import type { Clock } from '../clock.ts'
import type { Handlers } from '../http/handler.ts'
import type { MailContactStore } from './mail-contact-store.ts'
import type { MailboxStore } from './mailbox-store.ts'
import type { NotificationSettingsStore } from './notification-settings-store.ts'
import type { OwnEmailStore } from './own-email-store.ts'
import type { SubscriptionStore } from './subscription-store.ts'

/** Returns the handlers for what organizations and people choose for their emails. */
export function subscriptionRoutes({
  subscriptions,
  notificationSettings,
  clock,
}: {
  subscriptions: SubscriptionStore
  notificationSettings: NotificationSettingsStore
  clock: Clock
}): Pick<
  Handlers,
  | 'inspectSubscription'
  | 'changeSubscription'
  | 'setOwnSubscription'
  | 'getNotificationSettings'
  | 'setNotificationSettings'
> {
  return {
    inspectSubscription: ({ body }) => subscriptions.inspect(body.token),
    changeSubscription: ({ actor, body }) =>
      subscriptions.change(body.token, body.isUnsubscribed, { actor, now: clock.now() }),
    setOwnSubscription: ({ actor, session, organization, body }) =>
      subscriptions.changeOwn(
        { organizationId: organization.id, legalName: organization.legalName, email: session.email },
        body.isUnsubscribed,
        { actor, now: clock.now() },
      ),
    getNotificationSettings: ({ organization }) => notificationSettings.get(organization.id),
    setNotificationSettings: ({ actor, organization, body }) =>
      notificationSettings.set(organization, body, { actor, now: clock.now() }),
  }
}

/** Returns the handlers for the built-in mailbox for the emails of a user, and for contacts who confirm their address. */
export function mailRoutes({
  mailbox,
  ownEmails,
  mailContacts,
  clock,
}: {
  mailbox: MailboxStore
  ownEmails: OwnEmailStore
  mailContacts: MailContactStore
  clock: Clock
}): Pick<Handlers, 'listEmails' | 'getEmail' | 'listOwnEmails' | 'getOwnEmail' | 'confirmContact'> {
  return {
    listEmails: ({ query }) => mailbox.list(query),
    getEmail: ({ params }) => mailbox.get(params.emailId),
    listOwnEmails: ({ session, query }) => ownEmails.list(session, query),
    async confirmContact({ actor, body }) {
      const { address, legalName } = await mailContacts.confirm(body, { actor, now: clock.now() })
      return { email: address, legalName }
    },
    getOwnEmail: ({ session, params }) => ownEmails.get(session, params.emailId),
  }
}
