import type { CredentialView } from '../../../../../src/contract/credential.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { usePlace } from '../../../lib/place.tsx'
import { useUpdateCredential } from '../api/update-credential.ts'
import { CredentialForm } from './credential-form.tsx'

interface EditCredentialDialogProps {
  credential: CredentialView
  certificates: { id: string; name: string }[]
  opened: boolean
  onClose: () => void
}

/** Changes what API credentials are called and what they may do. */
export function EditCredentialDialog({
  credential,
  certificates,
  opened,
  onClose,
}: EditCredentialDialogProps) {
  const { params } = usePlace()
  const update = useUpdateCredential({ organization: params.organization, credentialId: credential.id })
  const close = () => {
    update.reset()
    onClose()
  }
  return (
    <Dialog opened={opened} onClose={close} title={`Change ${credential.name}`}>
      <CredentialForm
        start={credential}
        certificates={certificates}
        words={{ action: 'Save changes', busy: 'Saving…', failure: 'Nothing was changed' }}
        busy={update.isPending}
        error={update.error}
        onSubmit={(input) => update.mutate(input, { onSuccess: close })}
        onCancel={close}
      />
    </Dialog>
  )
}
