import { useDisclosure } from '@mantine/hooks'
import { IconRefresh, IconTrash } from '@tabler/icons-react'
import type { ApiKeyView } from '../../../../../src/contract/api-key.ts'
import { ActionMenu, MenuAction } from '../../../components/ui/action-menu.tsx'
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
      <ActionMenu name={apiKey.name}>
        {mayRotate && (
          <MenuAction icon={IconRefresh} onClick={rotation.open}>
            Rotate secret
          </MenuAction>
        )}
        <MenuAction icon={IconTrash} danger onClick={deletion.open}>
          Delete
        </MenuAction>
      </ActionMenu>
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
