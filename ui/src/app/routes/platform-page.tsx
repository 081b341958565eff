import { Page } from '../../components/ui/page.tsx'
import { FirstOrganization } from '../../features/organizations/components/first-organization.tsx'
import { PlatformOverview } from '../../features/platform/components/platform-overview.tsx'

/** The first page of operators. */
export function PlatformPage() {
  return (
    <Page title="Overview" description="What needs an operator, and how Postern is.">
      <FirstOrganization />
      <PlatformOverview />
    </Page>
  )
}
