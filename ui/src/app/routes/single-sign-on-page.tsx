import { Stack } from '@mantine/core'
import { Page } from '../../components/ui/page.tsx'
import { ProvisioningPanel } from '../../features/api-keys/components/provisioning-panel.tsx'
import { SingleSignOnSettings } from '../../features/single-sign-on/components/single-sign-on-settings.tsx'
import { useWorkspace } from '../../lib/workspace.tsx'

/** Shows the single sign-on of an organization. */
export function SingleSignOnPage() {
  const { organization } = useWorkspace()
  return (
    <Page
      title="Single sign-on"
      description="Members sign in through the OpenID provider of your organization."
      width="narrow"
    >
      <Stack gap="md">
        <SingleSignOnSettings />
        <ProvisioningPanel organization={organization.slug} />
      </Stack>
    </Page>
  )
}
