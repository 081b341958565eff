import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import {
  findInvitationToken,
  keepInvitationToken,
  readInvitationToken,
} from '../../features/invitation/invitation-token.ts'
import { toLocalPath } from '../../lib/local-path.ts'
import { findHome, requireSession, requireUser } from '../guards.ts'

export const rootRoute = createRootRouteWithContext<{ queries: QueryClient }>()()

const withNext = (search: Record<string, unknown>): { next?: string } =>
  search.next === undefined ? {} : { next: toLocalPath(search.next) }

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
    beforeLoad: ({ location }) => {
      const token = findInvitationToken(location.hash)
      if (token === undefined) return { token: readInvitationToken() }
      keepInvitationToken(token)
      throw redirect({ to: '/invitation', hash: '', replace: true })
    },
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
    component: lazyRouteComponent(() => import('./set-password-page.tsx'), 'SetPasswordPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/confirm-email',
    component: lazyRouteComponent(() => import('./confirm-email-page.tsx'), 'ConfirmEmailPage'),
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
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/account/sign-in',
    component: lazyRouteComponent(() => import('./sign-in-methods-page.tsx'), 'SignInMethodsPage'),
  }),
  certificatesAlias('/settings/mtls-certificates'),
  certificatesAlias('/settings/security/mtls-certificates'),
] as const
