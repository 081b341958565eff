import { Button, Group, Stack } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'
import { provisionerRole, type UsedApiKey } from '../../../../../src/contract/api-key.ts'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { apiKeysQuery } from '../api/api-keys.ts'
import { CreateApiKeyDialog } from './create-api-key-dialog.tsx'

/** Shows an admin how the identity provider of the organization provisions users, and makes the key for it. */
export function ProvisioningPanel({ organization }: { organization: string }) {
  const [opened, { open, close }] = useDisclosure(false)
  const { data } = useInfiniteQuery(apiKeysQuery(organization))
  const keys = data?.pages.flatMap(({ items }) => items).filter(({ role }) => role === provisionerRole)
  return (
    <Panel
      title="Users from your provider (SCIM)"
      description="Your identity provider creates, changes and deactivates members. Whoever is deactivated there loses access here within a second."
    >
      <Stack gap="md">
        <DescriptionList>
          <DescriptionItem label="Base URL">
            <CopyValue value={`${window.location.origin}/scim/v2/${organization}`} what="the base URL" />
          </DescriptionItem>
          <DescriptionItem label="API key">{keys && <Keys keys={keys} />}</DescriptionItem>
          <DescriptionItem label="Mapped attributes">
            userName, externalId, active, displayName, name, emails and roles. The value of roles is admin,
            developer or viewer; without a role a member is a viewer. There are no groups
          </DescriptionItem>
          <DescriptionItem label="Addresses">Only addresses in a proven domain are accepted</DescriptionItem>
        </DescriptionList>
        <Group>
          <Button variant="default" onClick={open}>
            Create SCIM key
          </Button>
        </Group>
      </Stack>
      <CreateApiKeyDialog
        owner={organization}
        roles={[provisionerRole]}
        organizations={[]}
        opened={opened}
        onClose={close}
      />
    </Panel>
  )
}

function Keys({ keys }: { keys: UsedApiKey[] }) {
  if (keys.length === 0) return 'None yet. Create one and enter its secret at your provider.'
  return (
    <Stack gap={4}>
      {keys.map(({ id, name, lastUsedAt, expiresAt }) => (
        <span key={id}>
          {name}, last used: <Moment at={lastUsedAt} />, expires: <Moment at={expiresAt} />
        </span>
      ))}
    </Stack>
  )
}
