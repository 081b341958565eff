import {
  IconActivity,
  IconBell,
  IconBuilding,
  IconBulb,
  IconCertificate,
  IconKey,
  IconLayoutDashboard,
  IconLifebuoy,
  IconLogin2,
  IconShieldCheck,
  IconTerminal2,
  IconUsers,
  IconWebhook,
} from '@tabler/icons-react'
import { Outlet, useLocation, useRouteContext } from '@tanstack/react-router'
import { EmailsMenu } from '../../features/mail/components/emails-menu.tsx'
import { useOrganizationWord } from '../../lib/organization-word.ts'
import { roleLabels } from '../../lib/role-words.ts'
import { type Workspace, WorkspaceProvider } from '../../lib/workspace.tsx'
import { AccountMenu } from './account-menu.tsx'
import { EnvironmentSwitch } from './environment-switch.tsx'
import { Frame } from './frame.tsx'
import { Navigation, type NavigationGroup, type NavigationItem } from './navigation.tsx'
import { OrganizationSwitcher } from './organization-switcher.tsx'
import { SearchBox } from './search-box.tsx'
import { TimeZoneQuestion } from './time-zone-question.tsx'

/** Shows the frame of an organization's pages in one environment. */
export function OrganizationFrame() {
  const { session, place: workspace } = useRouteContext({ from: '/signed-in/o/$organization/$environment' })
  const { pathname } = useLocation()
  const { Singular } = useOrganizationWord()
  const { organization, environment } = workspace
  const member = session.organizations.find(({ slug }) => slug === organization.slug)
  return (
    <WorkspaceProvider value={workspace}>
      <Frame
        whose={
          <OrganizationSwitcher
            session={session}
            current={organization.legalName}
            as={member ? roleLabels[member.role] : 'Viewed as operator'}
          />
        }
        navigation={
          <Navigation
            label="Pages"
            groups={pagesOf(workspace, Singular, member?.role === 'admin' || session.operatorRole !== null)}
          />
        }
        top={<EnvironmentSwitch pathname={pathname} />}
        search={<SearchBox />}
        account={
          <>
            <EmailsMenu />
            <AccountMenu session={session} />
          </>
        }
        question={<TimeZoneQuestion organization={organization} />}
        band={
          environment.live
            ? undefined
            : `${environment.label}: a test environment. Its certificates and credentials work in no other environment.`
        }
      >
        <Outlet />
      </Frame>
    </WorkspaceProvider>
  )
}

function pagesOf({ params, mayWrite }: Workspace, word: string, isAdmin: boolean): NavigationGroup[] {
  const certificates: NavigationItem = {
    label: 'mTLS certificates',
    icon: IconCertificate,
    link: { to: '/o/$organization/$environment/certificates' as const, params },
  }
  return [
    {
      items: [
        {
          label: 'Overview',
          icon: IconLayoutDashboard,
          link: { to: '/o/$organization/$environment' as const, params },
          exact: true,
        },
      ],
    },
    {
      heading: 'Developers',
      items: [
        {
          label: 'Activity',
          icon: IconActivity,
          link: { to: '/o/$organization/$environment/activity' as const, params },
        },
        {
          label: 'Signals',
          icon: IconBulb,
          link: { to: '/o/$organization/$environment/signals' as const, params },
        },
      ],
    },
    {
      heading: 'Settings',
      items: [
        {
          label: 'API credentials',
          icon: IconKey,
          link: { to: '/o/$organization/$environment/credentials' as const, params },
        },
        certificates,
        ...(mayWrite || isAdmin
          ? [
              {
                label: 'Webhooks',
                icon: IconWebhook,
                link: { to: '/o/$organization/$environment/webhooks' as const, params },
              },
            ]
          : []),
        {
          label: 'Team',
          icon: IconUsers,
          link: { to: '/o/$organization/$environment/team' as const, params },
        },
        ...(isAdmin
          ? [
              {
                label: 'API keys',
                icon: IconTerminal2,
                link: { to: '/o/$organization/$environment/api-keys' as const, params },
              },
            ]
          : []),
        {
          label: 'Notifications',
          icon: IconBell,
          link: { to: '/o/$organization/$environment/notifications' as const, params },
        },
        {
          label: word,
          icon: IconBuilding,
          link: { to: '/o/$organization/$environment/organization' as const, params },
        },
      ],
      groups: [
        {
          heading: 'Security',
          items: [
            certificates,
            {
              label: 'Enforcement',
              icon: IconShieldCheck,
              link: { to: '/o/$organization/$environment/enforcement' as const, params },
            },
            ...(isAdmin
              ? [
                  {
                    label: 'Single sign-on',
                    icon: IconLogin2,
                    link: { to: '/o/$organization/$environment/single-sign-on' as const, params },
                  },
                ]
              : []),
          ],
        },
      ],
    },
    {
      items: [
        {
          label: 'Help',
          icon: IconLifebuoy,
          link: { to: '/o/$organization/$environment/help' as const, params },
        },
      ],
    },
  ]
}
