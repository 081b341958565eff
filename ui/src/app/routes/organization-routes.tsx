import { createRoute, lazyRouteComponent, notFound, redirect } from '@tanstack/react-router'
import { CertificateSort, certificateStatuses } from '../../../../src/contract/certificate.ts'
import { outcomeNames } from '../../../../src/contract/enum-names.ts'
import type { ActivitySearch } from '../../features/activity/activity-search.ts'
import { environmentsQuery } from '../../features/environments/api/list-environments.ts'
import { requireWorkspace } from '../guards.ts'
import { signedInRoute } from './root-routes.tsx'
import { choice, type Search, text } from './search-parts.ts'

/** The path of an organization, redirected to its first environment. */
export const organizationHomeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/o/$organization',
  beforeLoad: async ({ context, params }) => {
    const [first] = await context.queries.ensureQueryData(environmentsQuery(params.organization))
    if (first === undefined) throw notFound()
    throw redirect({
      to: '/o/$organization/$environment',
      params: { ...params, environment: first.name },
      replace: true,
    })
  },
})

/** The route of one organization in one environment. */
const workspaceRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/o/$organization/$environment',
  beforeLoad: async ({ context, params }) => ({
    place: await requireWorkspace(context.queries, context.session, params),
  }),
  component: lazyRouteComponent(() => import('../frame/organization-frame.tsx'), 'OrganizationFrame'),
})

const overview = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./overview-page.tsx'), 'OverviewPage'),
})
const certificates = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/certificates',
  validateSearch: (search: Search) => ({
    ...choice('status', certificateStatuses)(search),
    ...choice('owner', ['gone'])(search),
    ...text('text')(search),
    ...choice('sort', CertificateSort.options)(search),
  }),
  component: lazyRouteComponent(() => import('./certificates-page.tsx'), 'CertificatesPage'),
})
const newCertificate = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/certificates/new',
  component: lazyRouteComponent(() => import('./new-certificate-page.tsx'), 'NewCertificatePage'),
})
const registerCertificate = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/certificates/register',
  component: lazyRouteComponent(() => import('./register-certificate-page.tsx'), 'RegisterCertificatePage'),
})
const registration = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/certificates/registrations/$registrationId',
  component: lazyRouteComponent(() => import('./registration-page.tsx'), 'RegistrationPage'),
})
const certificate = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/certificates/$certificateId',
  validateSearch: choice('tab', ['overview', 'activity', 'history']),
  component: lazyRouteComponent(() => import('./certificate-page.tsx'), 'CertificatePage'),
})
const createCertificate = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/certificates/$certificateId/create/$step',
  component: lazyRouteComponent(() => import('./create-certificate-page.tsx'), 'CreateCertificatePage'),
})
const configure = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/certificates/$certificateId/configure/$step',
  component: lazyRouteComponent(() => import('./configure-page.tsx'), 'ConfigurePage'),
})
const rotation = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/certificates/$certificateId/rotation',
  component: lazyRouteComponent(() => import('./rotation-page.tsx'), 'RotationPage'),
})
const rotations = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/rotations',
  component: lazyRouteComponent(() => import('./rotations-page.tsx'), 'RotationsPage'),
})
const credentials = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/credentials',
  component: lazyRouteComponent(() => import('./credentials-page.tsx'), 'CredentialsPage'),
})
const apiKeys = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/api-keys',
  component: lazyRouteComponent(() => import('./api-keys-page.tsx'), 'ApiKeysPage'),
})
const webhooks = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/webhooks',
  component: lazyRouteComponent(() => import('./webhooks-page.tsx'), 'WebhooksPage'),
})
const webhook = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/webhooks/$webhookId',
  component: lazyRouteComponent(() => import('./webhooks-page.tsx'), 'WebhookPage'),
})
const activity = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/activity',
  validateSearch: (search: Search): ActivitySearch => ({
    ...choice('outcome', outcomeNames.names)(search),
    ...text('certificate')(search),
    ...text('code')(search),
    ...text('status')(search),
    ...text('traceId')(search),
  }),
  component: lazyRouteComponent(() => import('./activity-page.tsx'), 'ActivityPage'),
})
const enforcement = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/enforcement',
  component: lazyRouteComponent(() => import('./enforcement-page.tsx'), 'EnforcementPage'),
})
const team = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/team',
  component: lazyRouteComponent(() => import('./team-page.tsx'), 'TeamPage'),
})
const organizationSettings = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/organization',
  component: lazyRouteComponent(() => import('./organization-settings-page.tsx'), 'OrganizationSettingsPage'),
})
const singleSignOn = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/single-sign-on',
  component: lazyRouteComponent(() => import('./single-sign-on-page.tsx'), 'SingleSignOnPage'),
})
const notifications = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/notifications',
  component: lazyRouteComponent(() => import('./notifications-page.tsx'), 'NotificationsPage'),
})
const signals = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/signals',
  component: lazyRouteComponent(() => import('./signals-page.tsx'), 'SignalsPage'),
})
const help = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/help',
  validateSearch: (search: Search) => ({ ...text('code')(search), ...text('message')(search) }),
  component: lazyRouteComponent(() => import('./help-page.tsx'), 'HelpPage'),
})

const emails = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/emails',
  component: lazyRouteComponent(() => import('./own-emails-page.tsx'), 'OwnEmailsPage'),
})
const email = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/emails/$emailId',
  component: lazyRouteComponent(() => import('./own-emails-page.tsx'), 'OwnEmailPage'),
})

/** The routes of an organization. */
export const organizationRoutes = workspaceRoute.addChildren([
  overview,
  certificates,
  newCertificate,
  registerCertificate,
  registration,
  certificate,
  createCertificate,
  configure,
  rotation,
  rotations,
  credentials,
  apiKeys,
  webhooks,
  webhook,
  activity,
  enforcement,
  team,
  organizationSettings,
  singleSignOn,
  notifications,
  signals,
  emails,
  email,
  help,
])
