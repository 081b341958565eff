import { useDisclosure } from '@mantine/hooks'
import { IconPencil, IconRefresh, IconTrash } from '@tabler/icons-react'
import type { CredentialView } from '../../../../../src/contract/credential.ts'
import { ActionMenu, MenuAction } from '../../../components/ui/action-menu.tsx'
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
      <ActionMenu name={credential.name}>
        <MenuAction icon={IconPencil} onClick={edition.open}>
          Change
        </MenuAction>
        {credential.secrets.length > 0 && environment.profile !== 'fapi2' && (
          <MenuAction icon={IconRefresh} onClick={rotation.open}>
            Rotate secret
          </MenuAction>
        )}
        <MenuAction icon={IconTrash} danger onClick={deletion.open}>
          Delete
        </MenuAction>
      </ActionMenu>
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
