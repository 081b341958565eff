import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouteContext } from '@tanstack/react-router'
import { ErrorNotice } from '../../components/ui/error-notice.tsx'
import { Page } from '../../components/ui/page.tsx'
import { accountQuery } from '../../features/account/api/account.ts'
import { EmailPanel, NamePanel, PasswordPanel } from '../../features/account/components/profile-panel.tsx'
import { SessionsPanel } from '../../features/account/components/sessions-panel.tsx'
import { TimeZonePanel } from '../../features/account/components/time-zone-panel.tsx'
import { OwnDataPanel } from '../../features/privacy/components/own-data-panel.tsx'
import { signedOutHere } from '../leave-session.ts'
import { OtherSignInNotice } from '../other-sign-in.tsx'

/** Shows the own account: name, email address, password, sessions and data. */
export function AccountPage() {
  const queries = useQueryClient()
  const { data: account, error } = useQuery(accountQuery)
  const { session } = useRouteContext({ from: '/signed-in/account' })
  return (
    <Page title="Your account" width="narrow">
      {session.isByProvider && (
        <OtherSignInNotice title="Single sign-on opened one organization only">
          To change your name or to download your data, sign in with your password or a passkey. Sessions and
          API keys of other sign-ins are not shown.
        </OtherSignInNotice>
      )}
      {error !== null && <ErrorNotice error={error} />}
      {account !== undefined && (
        <>
          {!session.isByProvider && <NamePanel account={account} />}
          <EmailPanel account={account} />
          {!session.isByProvider && <TimeZonePanel account={account} />}
          <PasswordPanel />
        </>
      )}
      <SessionsPanel />
      {account !== undefined && (
        <OwnDataPanel
          email={account.email}
          mayDownload={!session.isByProvider}
          onErased={() => signedOutHere(queries)}
        />
      )}
    </Page>
  )
}
