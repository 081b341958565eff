import { Page } from '../../components/ui/page.tsx'
import { PlansList } from '../../features/enforcement/components/plans-list.tsx'

/** Shows operators which organizations require certificates. */
export function EnforcementPlansPage() {
  return (
    <Page
      title="Enforcement"
      description="Of whom client certificates are required, and whose calls would be refused if they were."
    >
      <PlansList />
    </Page>
  )
}
