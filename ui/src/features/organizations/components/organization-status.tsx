import type { OrganizationStatus } from '../../../../../src/contract/organization.ts'
import { ToneBadge } from '../../../components/ui/tone-badge.tsx'

/** Shows the status of an organization. */
export function OrganizationStatusBadge({ status }: { status: OrganizationStatus }) {
  if (status === 'active') return <ToneBadge tone="good">Active</ToneBadge>
  if (status === 'suspended')
    return (
      <ToneBadge tone="warn" dot="half">
        Suspended
      </ToneBadge>
    )
  return (
    <ToneBadge tone="neutral" dot="empty">
      Closed
    </ToneBadge>
  )
}
