import type { DenialCode } from '../../contract/denial-codes.ts'
import type { OrganizationStatus } from '../../contract/organization.ts'

/** Why everything of an organization that is not active is denied. */
const stopCodes = {
  active: undefined,
  suspended: 'organization_suspended',
  closed: 'organization_closed',
} as const satisfies Record<OrganizationStatus, DenialCode | undefined>

/** The organizations of a registry. */
interface KnownOrganizations {
  findOrganization(id: string): { status: OrganizationStatus } | undefined
}

/** Returns why everything of an organization is denied; undefined while it is active. */
export const findStop = (
  { findOrganization }: KnownOrganizations,
  organizationId: string,
): 'organization_suspended' | 'organization_closed' | undefined =>
  stopCodes[findOrganization(organizationId)?.status ?? 'active']

const order: readonly OrganizationStatus[] = ['active', 'suspended', 'closed']

/** Returns whether one status stops less than another. */
export const stopsLess = (one: OrganizationStatus, other: OrganizationStatus): boolean =>
  order.indexOf(one) < order.indexOf(other)
