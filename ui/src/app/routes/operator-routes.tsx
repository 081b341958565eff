import { createRoute, lazyRouteComponent, notFound } from '@tanstack/react-router'
import { denialRanges } from '../../../../src/contract/denial.ts'
import { organizationStatuses } from '../../../../src/contract/organization.ts'
import type { AuditSearch } from '../../features/audit/audit-search.ts'
import { signedInRoute } from './root-routes.tsx'
import { choice, type Search, text } from './search-parts.ts'

const operateRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/operate',
  beforeLoad: ({ context }) => {
    if (context.session.operatorRole === null) throw notFound()
  },
  component: lazyRouteComponent(() => import('../frame/operator-frame.tsx'), 'OperatorFrame'),
})

const home = createRoute({
  getParentRoute: () => operateRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./platform-page.tsx'), 'PlatformPage'),
})
const approvals = createRoute({
  getParentRoute: () => operateRoute,
  path: '/approvals',
  component: lazyRouteComponent(() => import('./approvals-page.tsx'), 'ApprovalsPage'),
})
const confirmations = createRoute({
  getParentRoute: () => operateRoute,
  path: '/confirmations',
  component: lazyRouteComponent(() => import('./confirmations-page.tsx'), 'ConfirmationsPage'),
})
const mailbox = createRoute({
  getParentRoute: () => operateRoute,
  path: '/emails',
  component: lazyRouteComponent(() => import('./mail-page.tsx'), 'MailPage'),
})
const email = createRoute({
  getParentRoute: () => operateRoute,
  path: '/emails/$emailId',
  component: lazyRouteComponent(() => import('./mail-page.tsx'), 'EmailPage'),
})
const organizations = createRoute({
  getParentRoute: () => operateRoute,
  path: '/organizations',
  validateSearch: (search: Search) => ({
    ...text('text')(search),
    ...choice('status', organizationStatuses)(search),
  }),
  component: lazyRouteComponent(() => import('./organizations-page.tsx'), 'OrganizationsPage'),
})
const operators = createRoute({
  getParentRoute: () => operateRoute,
  path: '/operators',
  component: lazyRouteComponent(() => import('./operators-page.tsx'), 'OperatorsPage'),
})
const users = createRoute({
  getParentRoute: () => operateRoute,
  path: '/users',
  component: lazyRouteComponent(() => import('./users-page.tsx'), 'UsersPage'),
})
const organization = createRoute({
  getParentRoute: () => operateRoute,
  path: '/organizations/$organization',
  component: lazyRouteComponent(() => import('./organization-page.tsx'), 'OrganizationPage'),
})
const authorities = createRoute({
  getParentRoute: () => operateRoute,
  path: '/certificate-authorities',
  component: lazyRouteComponent(() => import('./authorities-page.tsx'), 'AuthoritiesPage'),
})
const gateways = createRoute({
  getParentRoute: () => operateRoute,
  path: '/gateways',
  component: lazyRouteComponent(() => import('./gateways-page.tsx'), 'GatewaysPage'),
})
const denials = createRoute({
  getParentRoute: () => operateRoute,
  path: '/denials',
  validateSearch: (search: Search) => ({
    ...choice('range', denialRanges)(search),
    ...text('code')(search),
    ...text('environment')(search),
    ...text('organization')(search),
    ...text('traceId')(search),
    ...text('from')(search),
    ...text('to')(search),
  }),
  component: lazyRouteComponent(() => import('./denials-page.tsx'), 'DenialsPage'),
})
const enforcement = createRoute({
  getParentRoute: () => operateRoute,
  path: '/enforcement',
  component: lazyRouteComponent(() => import('./enforcement-policies-page.tsx'), 'EnforcementPoliciesPage'),
})
const migrations = createRoute({
  getParentRoute: () => operateRoute,
  path: '/migrations',
  component: lazyRouteComponent(() => import('./migrations-page.tsx'), 'MigrationsPage'),
})
const overdueRotations = createRoute({
  getParentRoute: () => operateRoute,
  path: '/rotations',
  component: lazyRouteComponent(() => import('./overdue-rotations-page.tsx'), 'OverdueRotationsPage'),
})
const audit = createRoute({
  getParentRoute: () => operateRoute,
  path: '/audit',
  validateSearch: (search: Search): AuditSearch => ({
    ...text('type')(search),
    ...text('subject')(search),
    ...text('actor')(search),
    ...text('organization')(search),
    ...text('from')(search),
    ...text('to')(search),
  }),
  component: lazyRouteComponent(() => import('./audit-page.tsx'), 'AuditPage'),
})

/** The operator routes. */
export const operatorRoutes = operateRoute.addChildren([
  home,
  approvals,
  confirmations,
  mailbox,
  email,
  organizations,
  operators,
  users,
  organization,
  authorities,
  gateways,
  denials,
  enforcement,
  migrations,
  overdueRotations,
  audit,
])
