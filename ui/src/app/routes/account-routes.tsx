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

const signInMethods = createRoute({
  getParentRoute: () => accountRoute,
  path: '/sign-in',
  component: lazyRouteComponent(() => import('./sign-in-methods-page.tsx'), 'SignInMethodsPage'),
})

/** The routes of the own account. */
export const ownAccountRoutes = accountRoute.addChildren([profile, signInMethods, keys])
