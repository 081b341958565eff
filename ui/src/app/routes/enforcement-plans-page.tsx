import { Page } from '../../components/ui/page.tsx'
import { PlansList } from '../../features/enforcement/components/plans-list.tsx'

/** Of whom certificates are required, for operators. */
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
