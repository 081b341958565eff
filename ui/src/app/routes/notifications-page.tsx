import { Title } from '@mantine/core'
import { useRouteContext } from '@tanstack/react-router'
import { Page } from '../../components/ui/page.tsx'
import { NotificationsTable } from '../../features/notifications/components/notifications-table.tsx'
import { SettingsPanel } from '../../features/notifications/components/settings-panel.tsx'
import { useWorkspace } from '../../lib/workspace.tsx'

/** Shows what is sent to whom in an organization, and why. */
export function NotificationsPage() {
  const { session } = useRouteContext({ from: '/signed-in/o/$organization/$environment' })
  const { organization } = useWorkspace()
  const isMember = session.organizations.some(({ slug }) => slug === organization.slug)
  return (
    <Page
      title="Notifications"
      description="Emails about the certificates of this organization, in all environments: which come next, and what became of the others."
    >
      <SettingsPanel email={isMember ? session.email : undefined} />
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
