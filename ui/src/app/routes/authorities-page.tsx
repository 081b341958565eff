import { Page } from '../../components/ui/page.tsx'
import { AuthoritiesList } from '../../features/authorities/components/authorities-list.tsx'

/** Shows root and issuing CAs. */
export function AuthoritiesPage() {
  return (
    <Page title="Authorities" description="What signs certificates, and who holds certificates of it.">
      <AuthoritiesList />
    </Page>
  )
}
