import { IconUsersGroup } from '@tabler/icons-react'
import { useRouteContext } from '@tanstack/react-router'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Page } from '../../components/ui/page.tsx'
import { Panel } from '../../components/ui/panel.tsx'
import { AccountMenu } from '../frame/account-menu.tsx'
import { Frame } from '../frame/frame.tsx'
import { TimeZoneQuestion } from '../frame/time-zone-question.tsx'
import { OtherSignInNotice } from '../other-sign-in.tsx'

/** Shows a message to a user without an organization. */
export function NoOrganizationPage() {
  const { session } = useRouteContext({ from: '/signed-in/no-organization' })
  return (
    <Frame
      whose={null}
      navigation={null}
      account={<AccountMenu session={session} />}
      question={<TimeZoneQuestion />}
    >
      <Page title="Welcome" width="narrow">
        {session.organizations.length > 0 ? (
          <OtherSignInNotice title="Your organizations need another sign-in">
            Single sign-on opened one organization only, and you no longer belong to it. Sign in with your
            password or a passkey to open the others.
          </OtherSignInNotice>
        ) : (
          <Panel>
            <EmptyState icon={<IconUsersGroup size={24} />} title="You do not belong to an organization yet">
              <p>Ask an admin of your organization to add {session.email}. Then reload this page.</p>
            </EmptyState>
          </Panel>
        )}
      </Page>
    </Frame>
  )
}
