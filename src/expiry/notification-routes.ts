import type { Clock } from '../clock.ts'
import type { Handlers } from '../http/handler.ts'
import type { NotificationListStore } from './notification-list-store.ts'

/** Returns the handler for what people of an organization are told. */
export const notificationRoutes = ({
  notifications,
  clock,
}: {
  notifications: NotificationListStore
  clock: Clock
}): Pick<Handlers, 'listNotifications'> => ({
  listNotifications: ({ organization, query }) => notifications.list(organization.id, query, clock.now()),
})
