import type { OrganizationLimits, OrganizationStatus } from '../contract/organization.ts'
import { PosternError } from '../errors.ts'

/** An organization: a customer of the provider. */
export interface Organization {
  id: string
  slug: string
  legalName: string
  country: string
  /** State or province. */
  state: string
  /** Whether members need a session with a second factor. */
  requiresSecondFactor: boolean
  status: OrganizationStatus
  /** The limits that operators set; those of the configuration apply where one is null. */
  limits: OrganizationLimits
}

/** Where nobody has set a limit. */
export const noLimits: OrganizationLimits = {
  environments: [],
  maxCredentials: null,
  emailsPerHour: null,
  maxPeople: null,
}

/** Reads limits as the store has them, which may be from an earlier release. */
export const readLimits = (json: string): OrganizationLimits => ({ ...noLimits, ...JSON.parse(json) })

/** How many certificates an organization may have. */
interface CertificateLimits {
  maxCertificates: number
  certificatesPerHour: number
}

/** Returns how many certificates an organization may have in an environment. */
export function getCertificateLimits(
  { limits }: Pick<Organization, 'limits'>,
  environment: CertificateLimits & { name: string },
): CertificateLimits {
  const own = limits.environments.find((one) => one.environment === environment.name)
  return {
    maxCertificates: own?.maxCertificates ?? environment.maxCertificates,
    certificatesPerHour: own?.certificatesPerHour ?? environment.certificatesPerHour,
  }
}

/** Returns the error for everything of an organization that is not active. */
export const notActive = (status: 'suspended' | 'closed') =>
  status === 'suspended'
    ? new PosternError(
        'organization_suspended',
        'The organization is suspended: nothing of it works until an operator reactivates it. Ask your API provider.',
      )
    : new PosternError('organization_closed', 'The organization is closed. Ask your API provider.')
