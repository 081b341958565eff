import { Page } from '../../components/ui/page.tsx'
import { PoliciesList } from '../../features/enforcement/components/policies-list.tsx'

/** Shows operators which organizations require certificates. */
export function EnforcementPoliciesPage() {
  return (
    <Page
      title="Enforcement"
      description="Which organizations need client certificates, and how many of their calls would be denied."
    >
      <PoliciesList />
    </Page>
  )
}
