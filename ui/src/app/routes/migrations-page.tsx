import { Title } from '@mantine/core'
import { Page } from '../../components/ui/page.tsx'
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
      <Title order={2} size="h3">
        Revocation by other CAs
      </Title>
      <ExternalSourcesList />
    </Page>
  )
}
