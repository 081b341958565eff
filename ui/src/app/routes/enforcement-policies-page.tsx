import { Page } from '../../components/ui/page.tsx'
import { PoliciesList } from '../../features/enforcement/components/policies-list.tsx'

/** Shows operators which organizations require certificates. */
export function EnforcementPoliciesPage() {
  return (
    <Page
      title="Enforcement"
      description="Of whom client certificates are required, and whose calls would be refused if they were."
    >
      <PoliciesList />
    </Page>
  )
}
