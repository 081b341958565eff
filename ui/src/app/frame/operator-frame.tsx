import {
  IconAddressBook,
  IconArrowsExchange,
  IconBuildings,
  IconCertificate,
  IconHistory,
  IconLayoutDashboard,
  IconMail,
  IconRefresh,
  IconServer,
  IconShieldCheck,
  IconShieldX,
  IconUserCheck,
  IconUsers,
} from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Outlet, useRouteContext } from '@tanstack/react-router'
import { approvalsQuery } from '../../features/approvals/api/list-approvals.ts'
import { confirmationsQuery } from '../../features/confirmations/api/list-confirmations.ts'
import { MayOperateProvider } from '../../lib/may-operate.ts'
import { useOrganizationWord } from '../../lib/organization-word.ts'
import { AccountMenu } from './account-menu.tsx'
import { Frame } from './frame.tsx'
import { Navigation, type NavigationGroup, type NavigationItem } from './navigation.tsx'
import { OrganizationSwitcher } from './organization-switcher.tsx'
import { TimeZoneQuestion } from './time-zone-question.tsx'

const listPages = (
  approvals: NavigationItem['badge'],
  word: string,
  hasConfirmations: boolean,
): NavigationGroup[] => [
  {
    heading: 'Operate',
    items: [
      { label: 'Overview', icon: IconLayoutDashboard, link: { to: '/operate' as const }, exact: true },
      {
        label: 'Approvals',
        icon: IconUserCheck,
        link: { to: '/operate/approvals' as const },
        badge: approvals,
      },
      ...(hasConfirmations
        ? [{ label: 'Confirmations', icon: IconUsers, link: { to: '/operate/confirmations' as const } }]
        : []),
      { label: 'Emails', icon: IconMail, link: { to: '/operate/emails' as const } },
      { label: word, icon: IconBuildings, link: { to: '/operate/organizations' as const } },
      { label: 'Users', icon: IconAddressBook, link: { to: '/operate/users' as const } },
      { label: 'Operators', icon: IconUsers, link: { to: '/operate/operators' as const } },
      {
        label: 'Certificate authorities',
        icon: IconCertificate,
        link: { to: '/operate/certificate-authorities' as const },
      },
      { label: 'Gateways', icon: IconServer, link: { to: '/operate/gateways' as const } },
      { label: 'Denied requests', icon: IconShieldX, link: { to: '/operate/denials' as const } },
      { label: 'Enforcement', icon: IconShieldCheck, link: { to: '/operate/enforcement' as const } },
      { label: 'Migrations', icon: IconArrowsExchange, link: { to: '/operate/migrations' as const } },
      { label: 'Rotations', icon: IconRefresh, link: { to: '/operate/rotations' as const } },
      { label: 'Audit', icon: IconHistory, link: { to: '/operate/audit' as const } },
    ],
  },
]

/** Shows the frame of the operator pages. */
export function OperatorFrame() {
  const { session } = useRouteContext({ from: '/signed-in/operate' })
  const approvals = useWaitingApprovals()
  const { Plural } = useOrganizationWord()
  const { data } = useInfiniteQuery(confirmationsQuery)
  // Few installations ask for a second person.
  const hasConfirmations = data?.pages.some(({ items }) => items.length > 0) ?? false
  return (
    <MayOperateProvider value={session.operatorRole === 'operator'}>
      <Frame
        whose={
          <OrganizationSwitcher
            session={session}
            current="Operate"
            as={session.operatorRole === 'auditor' ? 'Auditor' : 'Operator'}
          />
        }
        navigation={<Navigation label="Pages" groups={listPages(approvals, Plural, hasConfirmations)} />}
        account={<AccountMenu session={session} />}
        question={<TimeZoneQuestion />}
      >
        <Outlet />
      </Frame>
    </MayOperateProvider>
  )
}

/** Counts the CSRs that wait for a decision; undefined if there are none. */
function useWaitingApprovals(): NavigationItem['badge'] {
  const { data } = useInfiniteQuery(approvalsQuery)
  const count = data?.pages.reduce((sum, { items }) => sum + items.length, 0) ?? 0
  if (count === 0) return undefined
  const text = `${count.toLocaleString('en')}${data?.pages.at(-1)?.nextCursor ? '+' : ''}`
  return { text, label: `${text} waiting` }
}
