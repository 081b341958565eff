import { Button, Group, Skeleton, Stack } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { singleSignOnQuery, useDeleteSingleSignOn } from '../api/single-sign-on.ts'
import { DomainProofs } from './domain-proofs.tsx'
import { SingleSignOnForm } from './single-sign-on-form.tsx'

/** Shows the single sign-on of the organization, and lets an admin change it. */
export function SingleSignOnSettings() {
  const { organization } = useWorkspace()
  const query = useQuery(singleSignOnQuery(organization.slug))
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.data === undefined) return <Skeleton height={420} radius="lg" />
  const found = query.data
  const { settings } = found
  return (
    <Stack gap="md">
      <Panel
        title="Redirect URI"
        description="Register it at your OpenID provider, with the authorization code flow and the scopes openid, email and profile."
      >
        <CopyValue value={found.redirectUri} what="the redirect URI" />
      </Panel>
      {settings && <DomainProofs organization={organization.slug} domains={settings.domains} />}
      <SingleSignOnForm key={settings?.updatedAt} organization={organization.slug} found={found} />
      {settings && <DeleteSingleSignOn issuer={settings.issuer} organization={organization.slug} />}
    </Stack>
  )
}

function DeleteSingleSignOn({ organization, issuer }: { organization: string; issuer: string }) {
  const remove = useDeleteSingleSignOn(organization)
  const [opened, dialog] = useDisclosure(false)
  return (
    <Group>
      <Button variant="default" onClick={dialog.open}>
        Delete single sign-on
      </Button>
      <ConfirmDialog
        opened={opened}
        title="Delete single sign-on?"
        action="Delete single sign-on"
        keep="Keep single sign-on"
        danger
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate()}
        onClose={dialog.close}
      >
        Members can no longer sign in through {issuer}. Users without a password cannot sign in until they
        have one. The domains lose their proof.
      </ConfirmDialog>
    </Group>
  )
}
