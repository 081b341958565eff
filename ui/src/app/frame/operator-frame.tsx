import {
  IconBuildings,
  IconCertificate,
  IconHistory,
  IconMail,
  IconServer,
  IconShieldCheck,
  IconShieldX,
  IconUserCheck,
} from '@tabler/icons-react'
import { Outlet, useRouteContext } from '@tanstack/react-router'
import { AccountMenu } from './account-menu.tsx'
import { Frame } from './frame.tsx'
import { Navigation } from './navigation.tsx'
import { OrganizationSwitcher } from './organization-switcher.tsx'

const pages = [
  {
    heading: 'Operate',
    items: [
      { label: 'Approvals', icon: IconUserCheck, link: { to: '/operate/approvals' as const } },
      { label: 'Emails', icon: IconMail, link: { to: '/operate/emails' as const } },
      { label: 'Organizations', icon: IconBuildings, link: { to: '/operate/organizations' as const } },
      {
        label: 'Certificate authorities',
        icon: IconCertificate,
        link: { to: '/operate/certificate-authorities' as const },
      },
      { label: 'Gateways', icon: IconServer, link: { to: '/operate/gateways' as const } },
      { label: 'Denied requests', icon: IconShieldX, link: { to: '/operate/denials' as const } },
      { label: 'Enforcement', icon: IconShieldCheck, link: { to: '/operate/enforcement' as const } },
      { label: 'Audit', icon: IconHistory, link: { to: '/operate/audit' as const } },
    ],
  },
]

/** Shows the frame of the operator pages. */
export function OperatorFrame() {
  const { session } = useRouteContext({ from: '/signed-in/operate' })
  return (
    <Frame
      whose={<OrganizationSwitcher session={session} current="Operate" as="Operator" />}
      navigation={<Navigation label="Pages" groups={pages} />}
      account={<AccountMenu session={session} />}
    >
      <Outlet />
    </Frame>
  )
}
