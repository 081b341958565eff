import { useQuery } from '@tanstack/react-query'
import { ErrorNotice } from '../../components/ui/error-notice.tsx'
import { Page } from '../../components/ui/page.tsx'
import { accountQuery } from '../../features/account/api/account.ts'
import { EmailPanel, NamePanel, PasswordPanel } from '../../features/account/components/profile-panel.tsx'
import { SessionsPanel } from '../../features/account/components/sessions-panel.tsx'

/** Shows the own account: name, email address, password and sessions. */
export function AccountPage() {
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
    </Page>
  )
}
