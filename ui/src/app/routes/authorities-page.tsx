import { Page } from '../../components/ui/page.tsx'
import { AuthoritiesList } from '../../features/authorities/components/authorities-list.tsx'

/** Shows root and issuing CAs. */
export function AuthoritiesPage() {
  return (
    <Page
      title="Certificate authorities"
      description="The CAs that issue certificates, and the organizations that have certificates from them."
    >
      <AuthoritiesList />
    </Page>
  )
}
