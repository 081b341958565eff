import { Page } from '../../components/ui/page.tsx'
import { Panel } from '../../components/ui/panel.tsx'
import { ExternalSourcesList } from '../../features/migrations/components/external-sources-list.tsx'
import { MigrationsList } from '../../features/migrations/components/migrations-list.tsx'

/** Shows operators who still uses certificates from other CAs. */
export function MigrationsPage() {
  return (
    <Page
      title="Migrations"
      description="Which organizations still use certificates from other CAs, and when these end."
    >
      <MigrationsList />
      <Panel title="Revocation by other CAs">
        <ExternalSourcesList />
      </Panel>
    </Page>
  )
}
