import { IconUsersGroup } from '@tabler/icons-react'
import { useRouteContext } from '@tanstack/react-router'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Page } from '../../components/ui/page.tsx'
import { Panel } from '../../components/ui/panel.tsx'
import { AccountMenu } from '../frame/account-menu.tsx'
import { Frame } from '../frame/frame.tsx'

/** Shows a message to a user without an organization. */
export function NoOrganizationPage() {
  const { session } = useRouteContext({ from: '/signed-in/no-organization' })
  return (
    <Frame whose={null} navigation={null} account={<AccountMenu session={session} />}>
      <Page title="Welcome" width="narrow">
        <Panel>
          <EmptyState icon={<IconUsersGroup size={24} />} title="You do not belong to an organization yet">
            <p>Ask an admin of your organization to add {session.email}. Then reload this page.</p>
          </EmptyState>
        </Panel>
      </Page>
    </Frame>
  )
}
