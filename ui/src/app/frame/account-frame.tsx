import { IconArrowLeft, IconFingerprint, IconTerminal2, IconUser } from '@tabler/icons-react'
import { Outlet, useRouteContext } from '@tanstack/react-router'
import { AccountMenu } from './account-menu.tsx'
import { Frame } from './frame.tsx'
import { Navigation, type NavigationGroup } from './navigation.tsx'

/** The pages of the own account; a further one gets a line here. */
const pages: NavigationGroup[] = [
  {
    heading: 'Account',
    items: [
      { label: 'Your account', icon: IconUser, link: { to: '/account' as const }, exact: true },
      { label: 'Sign-in methods', icon: IconFingerprint, link: { to: '/account/sign-in' as const } },
      { label: 'API keys', icon: IconTerminal2, link: { to: '/account/keys' as const } },
    ],
  },
  { items: [{ label: 'Back to the portal', icon: IconArrowLeft, link: { to: '/' as const } }] },
]

/** Shows the frame of the pages of the own account. */
export function AccountFrame() {
  const { session } = useRouteContext({ from: '/signed-in/account' })
  return (
    <Frame
      whose={null}
      navigation={<Navigation label="Pages" groups={pages} />}
      account={<AccountMenu session={session} />}
    >
      <Outlet />
    </Frame>
  )
}
