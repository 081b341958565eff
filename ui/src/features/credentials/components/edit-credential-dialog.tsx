import { Skeleton, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { CredentialChange, type CredentialView } from '../../../../../src/contract/credential.ts'
import { ChangedFields } from '../../../components/ui/changed-fields.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { dropForm } from '../../../lib/kept-input.ts'
import { type BoundField, useContractForm } from '../../../lib/use-contract-form.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { credentialQuery } from '../api/get-credential.ts'
import { useCredentialEdit } from '../api/use-credential-edit.ts'
import { checkKeys, readKeys } from './authentication-input.ts'
import { CredentialForm } from './credential-form.tsx'
import { credentialFields, credentialLabels, toCredentialInput } from './credential-input.ts'

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

function EditForm(props: Omit<EditCredentialDialogProps, 'opened'>) {
  const { params } = useWorkspace()
  const { id } = props.credential
  const key = { organization: params.organization, credentialId: id }
  // The list has no entity tag; the form starts from what it reads once.
  const query = useQuery({ ...credentialQuery(key), staleTime: Number.POSITIVE_INFINITY, gcTime: 0 })
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.data === undefined) return <Skeleton height={360} />
  return <LoadedForm {...props} credential={query.data} />
}

function LoadedForm({ credential, certificates, onClose }: Omit<EditCredentialDialogProps, 'opened'>) {
  const edit = useCredentialEdit(credential, (view) => ({ ...toCredentialInput(view), keys: '' }))
  const { submit, isReady, ...form } = useContractForm({
    schema: CredentialChange,
    start: { ...toCredentialInput(credential), keys: '' },
    // Without new keys those that there are stay.
    toBody: ({ keys, ...input }) => ({ ...input, ...(keys === '' ? {} : { jwks: readKeys(keys).jwks }) }),
    fields,
    check: ({ keys }) => (keys === '' ? {} : checkKeys({ keys })),
    live: ['keys'],
    error: edit.error,
    keep: { form: edit.form, fields: credentialFields },
  })
  const toText = (name: string, value: unknown) => {
    if (value === null) return 'No restriction'
    if (name !== 'certificateIds' || !Array.isArray(value)) return undefined
    return value.map((each) => certificates.find(({ id }) => id === each)?.name ?? String(each)).join(', ')
  }
  return (
    <CredentialForm
      form={form}
      words={{ action: 'Save changes', busy: 'Saving…', failure: 'The credentials were not changed' }}
      certificates={certificates}
      isReady={isReady && !edit.isUndecided}
      call={edit}
      onSubmit={submit((body) => edit.save({ values: form.values, body, change: form.change }, onClose))}
      onCancel={() => {
        dropForm(edit.form)
        onClose()
      }}
    >
      {credential.jwks !== null && <NewKeys {...form.bind('keys')} />}
      <ChangedFields edit={edit} labels={credentialLabels} toText={toText} onTake={form.change} />
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
