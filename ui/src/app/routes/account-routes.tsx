import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { signedInRoute } from './root-routes.tsx'

/** The frame of the pages of the own account. */
const accountRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/account',
  component: lazyRouteComponent(() => import('../frame/account-frame.tsx'), 'AccountFrame'),
})

const profile = createRoute({
  getParentRoute: () => accountRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./account-page.tsx'), 'AccountPage'),
})

const keys = createRoute({
  getParentRoute: () => accountRoute,
  path: '/keys',
  component: lazyRouteComponent(() => import('./api-keys-page.tsx'), 'OwnApiKeysPage'),
})

/** The routes of the own account. */
export const ownAccountRoutes = accountRoute.addChildren([profile, keys])
