import type { OrganizationStatus } from '../contract/organization.ts'
import { PosternError } from '../errors.ts'

/** Throws `organization_suspended` or `organization_closed`. */
export function assertActive(status: OrganizationStatus): void {
  if (status === 'suspended')
    throw new PosternError(
      'organization_suspended',
      'The organization is suspended, so nobody can join it. Ask your API provider.',
    )
  if (status === 'closed')
    throw new PosternError(
      'organization_closed',
      'The organization is closed, so nobody can join it. Ask your API provider.',
    )
}
