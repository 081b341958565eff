import type { OrganizationStatus } from '../contract/organization.ts'

/** An organization: a customer of the provider. */
export interface Organization {
  id: string
  slug: string
  legalName: string
  country: string
  /** State or province. */
  state: string
  status: OrganizationStatus
}
