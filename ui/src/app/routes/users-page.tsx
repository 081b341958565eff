import { useRouteContext } from '@tanstack/react-router'
import { Page } from '../../components/ui/page.tsx'
import { UsersList } from '../../features/privacy/components/users-list.tsx'

/** Shows operators all users, with what is kept about each. */
export function UsersPage() {
  const { session } = useRouteContext({ from: '/signed-in/operate' })
  return (
    <Page title="Users" description="Everybody who can sign in to this portal.">
      <UsersList mayErase={session.operatorRole === 'operator'} ownEmail={session.email} />
    </Page>
  )
}
