import { Title } from '@mantine/core'
import { Page } from '../../components/ui/page.tsx'
import { NotificationsTable } from '../../features/notifications/components/notifications-table.tsx'

/** Shows what is sent to whom in an organization, and why. */
export function NotificationsPage() {
  return (
    <Page
      title="Notifications"
      description="Emails about the certificates of this organization, in all environments: which come next, and what became of the others."
    >
      <Title order={2} size="h3">
        Next
      </Title>
      <NotificationsTable which="planned" />
      <Title order={2} size="h3">
        So far
      </Title>
      <NotificationsTable which="past" />
    </Page>
  )
}
