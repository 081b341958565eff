import type { Handlers } from '../http/handler.ts'
import type { OrganizationStore } from './organization-store.ts'

/** Returns the handlers for organizations. */
export const organizationRoutes = ({
  organizations,
}: {
  organizations: OrganizationStore
}): Pick<Handlers, 'listOrganizations' | 'getOrganization'> => ({
  listOrganizations: ({ query }) => organizations.list(query),
  getOrganization: ({ organization }) => organizations.describe(organization.id),
})
