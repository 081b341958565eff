import type { QueryClient } from '@tanstack/react-query'
import { notFound, redirect } from '@tanstack/react-router'
import { includesRole } from '../../../src/contract/roles.ts'
import type { SessionView } from '../../../src/contract/session.ts'
import { environmentsQuery } from '../features/environments/api/list-environments.ts'
import { organizationQuery } from '../features/organizations/api/get-organization.ts'
import { sessionQuery } from '../features/session/api/get-session.ts'
import { isDenial } from '../lib/api-error.ts'
import { keepInputOf } from '../lib/kept-input.ts'
import type { Workspace } from '../lib/workspace.tsx'
import { readLastWorkspace, rememberWorkspace } from './last-workspace.ts'

/**
 * Returns the session, even if the user must change the password first; redirects to the sign-in page if
 * there is none.
 */
export async function requireUser(queries: QueryClient, here: string): Promise<SessionView> {
  try {
    const session = await queries.ensureQueryData(sessionQuery)
    keepInputOf(session.email)
    return session
  } catch (error) {
    if (isDenial(error, 'not_signed_in')) {
      queries.clear()
      throw redirect({ to: '/sign-in', search: { next: here } })
    }
    throw error
  }
}

/** Returns the session; redirects to the sign-in or password page if it is missing or restricted. */
export async function requireSession(queries: QueryClient, here: string): Promise<SessionView> {
  const session = await requireUser(queries, here)
  if (session.mustChangePassword) throw redirect({ to: '/change-password', search: { next: here } })
  return session
}

/** Returns the organization and environment of a path, if the user can see them. */
export async function requireWorkspace(
  queries: QueryClient,
  session: SessionView,
  params: Workspace['params'],
): Promise<Workspace> {
  const member = session.organizations.find(({ slug }) => slug === params.organization)
  const organization = member ?? (await findForOperator(queries, session, params.organization))
  const environments = await queries.ensureQueryData(environmentsQuery(params.organization))
  const environment = environments.find(({ name }) => name === params.environment)
  if (environment === undefined) throw notFound()
  rememberWorkspace(params)
  const mayWrite = member !== undefined && includesRole(member.role, 'developer')
  const mayOperate = session.operatorRole === 'operator'
  return {
    organization,
    environment,
    environments,
    mayWrite,
    mayRevoke: mayWrite || mayOperate,
    mayAdminister: member?.role === 'admin' || mayOperate,
    params,
  }
}

async function findForOperator(queries: QueryClient, session: SessionView, slug: string) {
  if (session.operatorRole === null) throw notFound()
  return queries.ensureQueryData(organizationQuery(slug))
}

/**
 * Returns where a user starts: the organization and environment of the last visit, otherwise the first ones.
 */
export async function findHome(queries: QueryClient, session: SessionView): Promise<Workspace['params']> {
  const last = readLastWorkspace()
  const open = session.organizations.filter(({ needsOtherSignIn }) => !needsOtherSignIn)
  const active = open.filter(({ status }) => status === 'active')
  const own = active.length > 0 ? active : open
  const organization = own.find(({ slug }) => slug === last?.organization) ?? own[0]
  if (organization === undefined)
    throw redirect({ to: session.operatorRole ? '/operate' : '/no-organization' })
  const environments = await queries.ensureQueryData(environmentsQuery(organization.slug))
  const environment = environments.find(({ name }) => name === last?.environment) ?? environments[0]
  if (environment === undefined) throw notFound()
  return { organization: organization.slug, environment: environment.name }
}
