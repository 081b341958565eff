import { ActionIcon, Menu } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconDots, IconPencil, IconRefresh, IconTrash } from '@tabler/icons-react'
import type { CredentialView } from '../../../../../src/contract/credential.ts'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { useDeleteCredential } from '../api/delete-credential.ts'
import { EditCredentialDialog } from './edit-credential-dialog.tsx'
import { RotateSecretDialog } from './rotate-secret-dialog.tsx'

/** Shows the actions for API credentials that the user is allowed to perform. */
export function CredentialActions({
  credential,
  certificates,
  certificateName,
}: {
  credential: CredentialView
  certificates: { id: string; name: string }[]
  certificateName: string
}) {
  const { params, environment } = useWorkspace()
  const [rotating, rotation] = useDisclosure(false)
  const [deleting, deletion] = useDisclosure(false)
  const [editing, edition] = useDisclosure(false)
  const remove = useDeleteCredential({ organization: params.organization, credentialId: credential.id })
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${credential.name}`}>
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={16} aria-hidden />} onClick={edition.open}>
            Change
          </Menu.Item>
          {credential.secrets.length > 0 && environment.profile !== 'fapi2' && (
            <Menu.Item leftSection={<IconRefresh size={16} aria-hidden />} onClick={rotation.open}>
              Rotate secret
            </Menu.Item>
          )}
          <Menu.Item c="var(--bad)" leftSection={<IconTrash size={16} aria-hidden />} onClick={deletion.open}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <EditCredentialDialog
        credential={credential}
        certificates={certificates}
        opened={editing}
        onClose={edition.close}
      />
      <RotateSecretDialog
        credential={credential}
        certificateName={certificateName}
        opened={rotating}
        onClose={rotation.close}
      />
      <ConfirmDialog
        opened={deleting}
        title={`Delete ${credential.name}?`}
        action="Delete credentials"
        keep="Cancel"
        danger
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(undefined, { onSuccess: deletion.close })}
        onClose={deletion.close}
      >
        <p>
          {`Its secrets and all tokens issued to ${credential.clientId} stop working immediately. This cannot be undone.`}
        </p>
      </ConfirmDialog>
    </>
  )
}
