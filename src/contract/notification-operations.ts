import { createPageSchema, OrganizationParams } from './common.ts'
import { NotificationListQuery, NotificationView } from './notification.ts'
import { NotificationSettings, NotificationSettingsView } from './notification-settings.ts'
import { operation } from './operation.ts'
import { organizationPath } from './paths.ts'

/** Operations on what people of an organization are told. */
export const notificationOperations = {
  listNotifications: operation({
    id: 'listNotifications',
    summary: 'List what is sent to whom, and why: planned ones first, then the newest',
    method: 'GET',
    path: `${organizationPath}/notifications`,
    access: 'viewer',
    operatorToo: true,
    params: OrganizationParams,
    query: NotificationListQuery,
    reply: createPageSchema(NotificationView),
  }),
  getNotificationSettings: operation({
    id: 'getNotificationSettings',
    summary: 'Get team address and time zone of emails, and who has unsubscribed',
    method: 'GET',
    path: `${organizationPath}/notification-settings`,
    access: 'viewer',
    operatorToo: true,
    params: OrganizationParams,
    reply: NotificationSettingsView,
  }),
  setNotificationSettings: operation({
    id: 'setNotificationSettings',
    summary: 'Replace team address and time zone of emails',
    method: 'PUT',
    path: `${organizationPath}/notification-settings`,
    access: 'admin',
    operatorToo: true,
    params: OrganizationParams,
    body: NotificationSettings,
    reply: NotificationSettingsView,
    changes: 'getNotificationSettings',
  }),
}
