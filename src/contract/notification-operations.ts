import { createPageSchema, OrganizationParams } from './common.ts'
import { NotificationListQuery, NotificationView } from './notification.ts'
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
}
