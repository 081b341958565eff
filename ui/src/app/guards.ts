import type { QueryClient } from '@tanstack/react-query'
import { notFound, redirect } from '@tanstack/react-router'
import { includesRole } from '../../../src/contract/roles.ts'
import type { SessionView } from '../../../src/contract/session.ts'
import { environmentsQuery } from '../features/environments/api/list-environments.ts'
import { organizationsQuery } from '../features/organizations/api/list-organizations.ts'
import { sessionQuery } from '../features/session/api/get-session.ts'
import { isRefusal } from '../lib/api-error.ts'
import type { Place } from '../lib/place.tsx'
import { readLastPlace, rememberPlace } from './last-place.ts'

/** The session, also of somebody who has to choose a password first; leads to the sign-in where there is none. */
export async function requirePerson(queries: QueryClient, here: string): Promise<SessionView> {
  try {
    return await queries.ensureQueryData(sessionQuery)
  } catch (error) {
    if (isRefusal(error, 'not_signed_in')) {
      queries.clear()
      throw redirect({ to: '/sign-in', search: { next: here } })
    }
    throw error
  }
}

/** The session; leads to the sign-in, or to the choice of a password, where there is none to work with. */
export async function requireSession(queries: QueryClient, here: string): Promise<SessionView> {
  const session = await requirePerson(queries, here)
  if (session.mustChangePassword) throw redirect({ to: '/change-password', search: { next: here } })
  return session
}

/** The place that an address names, as far as the person may see it. */
export async function requirePlace(
  queries: QueryClient,
  session: SessionView,
  params: Place['params'],
): Promise<Place> {
  const member = session.organizations.find(({ slug }) => slug === params.organization)
  const organization = member ?? (await findForOperator(queries, session, params.organization))
  const environments = await queries.ensureQueryData(environmentsQuery(params.organization))
  const environment = environments.find(({ name }) => name === params.environment)
  if (organization === undefined || environment === undefined) throw notFound()
  rememberPlace(params)
  const mayWrite = member !== undefined && includesRole(member.role, 'developer')
  return {
    organization,
    environment,
    environments,
    mayWrite,
    mayRevoke: mayWrite || session.operator,
    params,
  }
}

async function findForOperator(queries: QueryClient, session: SessionView, slug: string) {
  if (!session.operator) throw notFound()
  const found = await queries.ensureInfiniteQueryData(organizationsQuery(slug))
  return found.pages.flatMap(({ items }) => items).find((organization) => organization.slug === slug)
}

/** Where a person begins: the place of the last visit, else the first one that is theirs. */
export async function findHome(queries: QueryClient, session: SessionView): Promise<Place['params']> {
  const last = readLastPlace()
  const own = session.organizations
  const organization = own.find(({ slug }) => slug === last?.organization) ?? own[0]
  if (organization === undefined) throw redirect({ to: session.operator ? '/operate' : '/no-organization' })
  const environments = await queries.ensureQueryData(environmentsQuery(organization.slug))
  const environment = environments.find(({ name }) => name === last?.environment) ?? environments[0]
  if (environment === undefined) throw notFound()
  return { organization: organization.slug, environment: environment.name }
}
