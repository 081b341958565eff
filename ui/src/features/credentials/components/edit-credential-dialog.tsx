import { Textarea } from '@mantine/core'
import { CredentialChange, type CredentialView } from '../../../../../src/contract/credential.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { type BoundField, useContractForm } from '../../../lib/use-contract-form.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { useUpdateCredential } from '../api/update-credential.ts'
import { checkKeys, readKeys } from './authentication-input.ts'
import { CredentialForm } from './credential-form.tsx'
import { toCredentialInput } from './credential-input.ts'

interface EditCredentialDialogProps {
  credential: CredentialView
  certificates: { id: string; name: string }[]
  opened: boolean
  onClose: () => void
}

/** Changes name and permissions of API credentials. */
export function EditCredentialDialog({ opened, onClose, ...props }: EditCredentialDialogProps) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Change ${props.credential.name}`}>
      <EditForm {...props} onClose={onClose} />
    </Dialog>
  )
}

/** The field of each part of the body. */
const fields = { jwks: 'keys' }

function EditForm({ credential, certificates, onClose }: Omit<EditCredentialDialogProps, 'opened'>) {
  const { params } = useWorkspace()
  const update = useUpdateCredential({ organization: params.organization, credentialId: credential.id })
  const { submit, isReady, ...form } = useContractForm({
    schema: CredentialChange,
    start: { ...toCredentialInput(credential), keys: '' },
    // Without new keys those that there are stay.
    toBody: ({ keys, ...input }) => ({ ...input, ...(keys === '' ? {} : { jwks: readKeys(keys).jwks }) }),
    fields,
    check: ({ keys }) => (keys === '' ? {} : checkKeys({ keys })),
    live: ['keys'],
    error: update.error,
  })
  return (
    <CredentialForm
      form={form}
      words={{ action: 'Save changes', busy: 'Saving…', failure: 'The credentials were not changed' }}
      certificates={certificates}
      isReady={isReady}
      call={update}
      onSubmit={submit((body) => update.mutate(body, { onSuccess: onClose }))}
      onCancel={onClose}
    >
      {credential.jwks !== null && <NewKeys {...form.bind('keys')} />}
    </CredentialForm>
  )
}

function NewKeys(field: BoundField<string>) {
  return (
    <Textarea
      label="New public keys"
      description="The new keys replace all keys of these credentials. To change keys without interruption, paste the old key and the new key. Leave the field empty to keep the keys."
      autosize
      minRows={3}
      maxRows={12}
      {...field}
    />
  )
}
