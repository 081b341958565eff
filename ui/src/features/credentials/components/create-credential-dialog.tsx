import type { CredentialWithSecret } from '../../../../../src/contract/credential.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { usePlace } from '../../../lib/place.tsx'
import { useCreateCredential } from '../api/create-credential.ts'
import { CredentialForm } from './credential-form.tsx'
import { NewSecret } from './new-secret.tsx'

interface CreateCredentialDialogProps {
  opened: boolean
  certificates: { id: string; name: string }[]
  /** The certificate that the token request names. */
  certificateName: string
  onCreated?: (credential: CredentialWithSecret) => void
  onClose: () => void
}

/** Makes API credentials and shows their secret once; with the dialog it is gone. */
export function CreateCredentialDialog(props: CreateCredentialDialogProps) {
  const { opened, certificates, certificateName, onCreated, onClose } = props
  const { params } = usePlace()
  const create = useCreateCredential(params)
  const close = () => {
    create.reset()
    onClose()
  }
  return (
    <Dialog
      opened={opened}
      onClose={close}
      title={create.data ? `Credentials for ${create.data.name}` : 'New API credentials'}
      insistent={create.data !== undefined}
      size={create.data ? 'lg' : 'md'}
    >
      {create.data ? (
        <NewSecret credential={create.data} certificateName={certificateName} onDone={close} />
      ) : (
        <CredentialForm
          words={{
            action: 'Create credential',
            busy: 'Creating…',
            failure: 'They were not created',
          }}
          certificates={certificates}
          busy={create.isPending}
          error={create.error}
          onSubmit={(input) => create.mutate(input, { onSuccess: (created) => onCreated?.(created) })}
          onCancel={close}
        />
      )}
    </Dialog>
  )
}
