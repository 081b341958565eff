import { createRoute, lazyRouteComponent, notFound, redirect } from '@tanstack/react-router'
import { CertificateSort, certificateStatuses } from '../../../../src/contract/certificate.ts'
import { environmentsQuery } from '../../features/environments/api/list-environments.ts'
import { requirePlace } from '../guards.ts'
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
const placeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/o/$organization/$environment',
  beforeLoad: async ({ context, params }) => ({
    place: await requirePlace(context.queries, context.session, params),
  }),
  component: lazyRouteComponent(() => import('../frame/organization-frame.tsx'), 'OrganizationFrame'),
})

const overview = createRoute({
  getParentRoute: () => placeRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./overview-page.tsx'), 'OverviewPage'),
})
const certificates = createRoute({
  getParentRoute: () => placeRoute,
  path: '/certificates',
  validateSearch: (search: Search) => ({
    ...choice('status', certificateStatuses)(search),
    ...text('text')(search),
    ...choice('sort', CertificateSort.options)(search),
  }),
  component: lazyRouteComponent(() => import('./certificates-page.tsx'), 'CertificatesPage'),
})
const newCertificate = createRoute({
  getParentRoute: () => placeRoute,
  path: '/certificates/new',
  validateSearch: choice('step', ['describe', 'organization']),
  component: lazyRouteComponent(() => import('./new-certificate-page.tsx'), 'NewCertificatePage'),
})
const registerCertificate = createRoute({
  getParentRoute: () => placeRoute,
  path: '/certificates/register',
  component: lazyRouteComponent(() => import('./register-certificate-page.tsx'), 'RegisterCertificatePage'),
})
const registration = createRoute({
  getParentRoute: () => placeRoute,
  path: '/certificates/registrations/$registrationId',
  component: lazyRouteComponent(() => import('./registration-page.tsx'), 'RegistrationPage'),
})
const certificate = createRoute({
  getParentRoute: () => placeRoute,
  path: '/certificates/$certificateId',
  validateSearch: choice('tab', ['overview', 'activity', 'history']),
  component: lazyRouteComponent(() => import('./certificate-page.tsx'), 'CertificatePage'),
})
const createCertificate = createRoute({
  getParentRoute: () => placeRoute,
  path: '/certificates/$certificateId/create/$step',
  component: lazyRouteComponent(() => import('./create-certificate-page.tsx'), 'CreateCertificatePage'),
})
const configure = createRoute({
  getParentRoute: () => placeRoute,
  path: '/certificates/$certificateId/configure/$step',
  component: lazyRouteComponent(() => import('./configure-page.tsx'), 'ConfigurePage'),
})
const credentials = createRoute({
  getParentRoute: () => placeRoute,
  path: '/credentials',
  component: lazyRouteComponent(() => import('./credentials-page.tsx'), 'CredentialsPage'),
})
const activity = createRoute({
  getParentRoute: () => placeRoute,
  path: '/activity',
  validateSearch: choice('outcome', ['ok', 'refused']),
  component: lazyRouteComponent(() => import('./activity-page.tsx'), 'ActivityPage'),
})
const enforcement = createRoute({
  getParentRoute: () => placeRoute,
  path: '/enforcement',
  component: lazyRouteComponent(() => import('./enforcement-page.tsx'), 'EnforcementPage'),
})
const help = createRoute({
  getParentRoute: () => placeRoute,
  path: '/help',
  validateSearch: text('code'),
  component: lazyRouteComponent(() => import('./help-page.tsx'), 'HelpPage'),
})

/** The routes of an organization. */
export const organizationRoutes = placeRoute.addChildren([
  overview,
  certificates,
  newCertificate,
  registerCertificate,
  registration,
  certificate,
  createCertificate,
  configure,
  credentials,
  activity,
  enforcement,
  help,
])
