import { ActionIcon, Menu } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconDots, IconRefresh, IconTrash } from '@tabler/icons-react'
import type { ApiKeyView } from '../../../../../src/contract/api-key.ts'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import { type KeyOwner, useDeleteApiKey } from '../api/api-keys.ts'
import { RotateApiKeyDialog } from './rotate-api-key-dialog.tsx'

interface ApiKeyActionsProps {
  owner: KeyOwner
  apiKey: ApiKeyView
  /** Operators may delete the keys of an organization, and not rotate them. */
  mayRotate: boolean
}

/** Shows the actions for an API key. */
export function ApiKeyActions({ owner, apiKey, mayRotate }: ApiKeyActionsProps) {
  const [rotating, rotation] = useDisclosure(false)
  const [deleting, deletion] = useDisclosure(false)
  const remove = useDeleteApiKey(owner, apiKey.id)
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${apiKey.name}`}>
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {mayRotate && (
            <Menu.Item leftSection={<IconRefresh size={16} aria-hidden />} onClick={rotation.open}>
              Rotate secret
            </Menu.Item>
          )}
          <Menu.Item c="var(--bad)" leftSection={<IconTrash size={16} aria-hidden />} onClick={deletion.open}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <RotateApiKeyDialog owner={owner} apiKey={apiKey} opened={rotating} onClose={rotation.close} />
      <ConfirmDialog
        opened={deleting}
        title={`Delete ${apiKey.name}?`}
        action="Delete API key"
        keep="Cancel"
        danger
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(undefined, { onSuccess: deletion.close })}
        onClose={deletion.close}
      >
        <p>Programs that use this key stop working within a second. This cannot be undone.</p>
      </ConfirmDialog>
    </>
  )
}
