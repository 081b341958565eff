import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ErrorNotice } from '../../components/ui/error-notice.tsx'
import { Page } from '../../components/ui/page.tsx'
import { accountQuery } from '../../features/account/api/account.ts'
import { EmailPanel, NamePanel, PasswordPanel } from '../../features/account/components/profile-panel.tsx'
import { SessionsPanel } from '../../features/account/components/sessions-panel.tsx'
import { OwnDataPanel } from '../../features/privacy/components/own-data-panel.tsx'
import { signedOutHere } from '../leave-session.ts'

/** Shows the own account: name, email address, password, sessions and data. */
export function AccountPage() {
  const queries = useQueryClient()
  const { data: account, error } = useQuery(accountQuery)
  return (
    <Page title="Your account" width="narrow">
      {error !== null && <ErrorNotice error={error} />}
      {account !== undefined && (
        <>
          <NamePanel account={account} />
          <EmailPanel account={account} />
          <PasswordPanel />
        </>
      )}
      <SessionsPanel />
      {account !== undefined && (
        <OwnDataPanel email={account.email} onErased={() => signedOutHere(queries)} />
      )}
    </Page>
  )
}
