import { Textarea } from '@mantine/core'
import { useState } from 'react'
import type { CredentialView } from '../../../../../src/contract/credential.ts'
import { parseClientKeyText } from '../../../../../src/pki/key/parse-client-key-text.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { usePlace } from '../../../lib/place.tsx'
import { useUpdateCredential } from '../api/update-credential.ts'
import { findKeysProblem } from './authentication-input.ts'
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
  const [keys, setKeys] = useState('')
  const problem = keys === '' ? undefined : findKeysProblem(keys)
  const close = () => {
    update.reset()
    setKeys('')
    onClose()
  }
  return (
    <Dialog opened={opened} onClose={close} title={`Change ${credential.name}`}>
      <CredentialForm
        start={credential}
        certificates={certificates}
        {...(credential.jwks !== null && {
          more: {
            fields: <NewKeys value={keys} problem={problem} onChange={setKeys} />,
            isReady: problem === undefined,
          },
        })}
        words={{ action: 'Save changes', busy: 'Saving…', failure: 'Nothing was changed' }}
        busy={update.isPending}
        error={update.error}
        onSubmit={(input) =>
          update.mutate(
            { ...input, ...(keys !== '' && { jwks: parseClientKeyText(keys) }) },
            { onSuccess: close },
          )
        }
        onCancel={close}
      />
    </Dialog>
  )
}

interface NewKeysProps {
  value: string
  problem: string | undefined
  onChange: (value: string) => void
}

function NewKeys({ value, problem, onChange }: NewKeysProps) {
  return (
    <Textarea
      label="New public keys"
      description="They replace all keys of this credential. To change keys without a pause, paste the old one and the new one. Leave it empty to keep the keys."
      autosize
      minRows={3}
      maxRows={12}
      error={problem}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
