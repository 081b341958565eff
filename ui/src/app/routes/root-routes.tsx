import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { findLinkToken, keepLinkToken, type LinkPage, readLinkToken } from '../../lib/link-token.ts'
import { toLocalPath } from '../../lib/local-path.ts'
import { findHome, requireSession, requireUser } from '../guards.ts'

export const rootRoute = createRootRouteWithContext<{ queries: QueryClient }>()()

const withNext = (search: Record<string, unknown>): { next?: string } =>
  search.next === undefined ? {} : { next: toLocalPath(search.next) }

/** Takes the token of a one-time link out of the address; throws the redirect to the address without it. */
function takeToken(page: LinkPage, hash: string): { token: string | undefined } {
  const token = findLinkToken(hash)
  if (token === undefined) return { token: readLinkToken(page) }
  keepLinkToken(page, token)
  throw redirect({ to: page, hash: '', replace: true })
}

/** The routes without a complete session; the pages about codes need none. */
export const accountRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/sign-in',
    validateSearch: withNext,
    component: lazyRouteComponent(() => import('./sign-in-page.tsx'), 'SignInPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/sso/callback/$organization',
    component: lazyRouteComponent(() => import('./sign-in-callback-page.tsx'), 'SignInCallbackPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/change-password',
    validateSearch: withNext,
    beforeLoad: async ({ context, location }) => ({
      session: await requireUser(context.queries, location.href),
    }),
    component: lazyRouteComponent(() => import('./change-password-page.tsx'), 'ChangePasswordPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/invitation',
    beforeLoad: ({ location }) => takeToken('/invitation', location.hash),
    component: lazyRouteComponent(() => import('./invitation-page.tsx'), 'InvitationPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/forgot-password',
    component: lazyRouteComponent(() => import('./forgot-password-page.tsx'), 'ForgotPasswordPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/set-password',
    beforeLoad: ({ location }) => takeToken('/set-password', location.hash),
    component: lazyRouteComponent(() => import('./set-password-page.tsx'), 'SetPasswordPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/confirm-email',
    beforeLoad: ({ location }) => takeToken('/confirm-email', location.hash),
    component: lazyRouteComponent(() => import('./confirm-email-page.tsx'), 'ConfirmEmailPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/confirm-contact',
    beforeLoad: ({ location }) => takeToken('/confirm-contact', location.hash),
    component: lazyRouteComponent(() => import('./confirm-contact-page.tsx'), 'ConfirmContactPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/unsubscribe',
    beforeLoad: ({ location }) => takeToken('/unsubscribe', location.hash),
    component: lazyRouteComponent(() => import('./unsubscribe-page.tsx'), 'UnsubscribePage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/help/errors/$code',
    component: lazyRouteComponent(() => import('./error-code-page.tsx'), 'ErrorCodePage'),
  }),
] as const

/** Every route below requires a session. */
export const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'signed-in',
  beforeLoad: async ({ context, location }) => ({
    session: await requireSession(context.queries, location.href),
  }),
})

const certificatesAlias = <const Path extends string>(path: Path) =>
  createRoute({
    getParentRoute: () => signedInRoute,
    path,
    beforeLoad: async ({ context }) => {
      const params = await findHome(context.queries, context.session)
      throw redirect({ to: '/o/$organization/$environment/certificates', params, replace: true })
    },
  })

/** The routes that redirect to an organization, and the page for a user without one. */
export const signedInPages = [
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/',
    beforeLoad: async ({ context }) => {
      const params = await findHome(context.queries, context.session)
      throw redirect({ to: '/o/$organization/$environment', params, replace: true })
    },
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/no-organization',
    component: lazyRouteComponent(() => import('./no-organization-page.tsx'), 'NoOrganizationPage'),
  }),
  certificatesAlias('/settings/mtls-certificates'),
  certificatesAlias('/settings/security/mtls-certificates'),
] as const
