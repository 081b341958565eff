import type { QueryClient } from '@tanstack/react-query'
import { createRouter } from '@tanstack/react-router'
import { PagePending } from './page-pending.tsx'
import { NotFoundPage, PageError } from './page-problems.tsx'
import { ownAccountRoutes } from './routes/account-routes.tsx'
import { operatorRoutes } from './routes/operator-routes.tsx'
import { organizationHomeRoute, organizationRoutes } from './routes/organization-routes.tsx'
import { accountRoutes, rootRoute, signedInPages, signedInRoute } from './routes/root-routes.tsx'

const routeTree = rootRoute.addChildren([
  ...accountRoutes,
  signedInRoute.addChildren([
    ...signedInPages,
    ownAccountRoutes,
    organizationHomeRoute,
    organizationRoutes,
    operatorRoutes,
  ]),
])

/** Creates the routes of the portal. */
export function createPortalRouter(queries: QueryClient) {
  return createRouter({
    routeTree,
    context: { queries },
    defaultPreload: 'intent',
    // The cache itself knows what is fresh.
    defaultPreloadStaleTime: 0,
    defaultPendingComponent: PagePending,
    defaultErrorComponent: PageError,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
    // Every query value is the text in the URL.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => {
      const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== '')
      const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
      return text && `?${text}`
    },
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createPortalRouter>
  }
}
