import { Page } from '../../components/ui/page.tsx'
import { OverdueRotations } from '../../features/rotations/components/overdue-rotations.tsx'

/** Shows operators which replaced certificates are valid after their overlap. */
export function OverdueRotationsPage() {
  return (
    <Page
      title="Rotations"
      description="Replaced certificates that are not safe to retire, although their overlap has ended."
    >
      <OverdueRotations />
    </Page>
  )
}
