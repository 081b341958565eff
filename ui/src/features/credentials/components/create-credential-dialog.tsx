import { type CredentialWithSecret, NewCredential } from '../../../../../src/contract/credential.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { nameForm } from '../../../lib/kept-input.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { useCreateCredential } from '../api/create-credential.ts'
import { AuthenticationChoice } from './authentication-choice.tsx'
import {
  type AuthenticationInput,
  authenticationFields,
  checkAuthentication,
  toAuthentication,
} from './authentication-input.ts'
import { CredentialForm } from './credential-form.tsx'
import { type CredentialInput, noCredential, toCredentialInput } from './credential-input.ts'
import { NewClient } from './new-client.tsx'
import { NewSecret } from './new-secret.tsx'

interface CreateCredentialDialogProps {
  opened: boolean
  certificates: { id: string; name: string }[]
  /** The certificate in the example token request. */
  certificateName: string
  onCreated?: (credential: CredentialWithSecret) => void
  onClose: () => void
}

/** Creates API credentials and shows their secret once; closing the dialog drops it. */
export function CreateCredentialDialog(props: CreateCredentialDialogProps) {
  const { opened, certificates, certificateName, onCreated, onClose } = props
  const { params } = useWorkspace()
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
      insistent={(create.data?.clientSecret ?? null) !== null}
      size={create.data ? 'lg' : 'md'}
    >
      {create.data ? (
        <Created credential={create.data} certificateName={certificateName} onDone={close} />
      ) : (
        <CreateForm create={create} certificates={certificates} onCreated={onCreated} onClose={close} />
      )}
    </Dialog>
  )
}

/** Not the keys: a private key may be pasted among them. */
const keptFields = ['name', 'description', 'scopes', 'networks', 'certificateIds', 'method', 'kind'] as const

interface CreateFormProps extends Pick<CreateCredentialDialogProps, 'certificates' | 'onClose'> {
  create: ReturnType<typeof useCreateCredential>
  onCreated: ((credential: CredentialWithSecret) => void) | undefined
}

function CreateForm({ create, certificates, onCreated, onClose }: CreateFormProps) {
  const { environment, params } = useWorkspace()
  const start: CredentialInput & AuthenticationInput = {
    ...noCredential,
    method: environment.profile === 'fapi2' ? 'keys' : 'secret',
    keys: '',
    kind: 'subject_dn',
    value: '',
  }
  const { submit, isReady, ...form } = useContractForm({
    schema: NewCredential,
    start,
    toBody: (values) => ({ ...toCredentialInput(values), ...toAuthentication(values) }),
    fields: authenticationFields,
    check: checkAuthentication,
    live: ['keys', 'value'],
    error: create.error,
    keep: { form: nameForm(operations.createCredential, params), fields: keptFields },
  })
  return (
    <CredentialForm
      form={form}
      words={{ action: 'Create credentials', busy: 'Creating…', failure: 'The credentials were not created' }}
      certificates={certificates}
      isReady={isReady}
      call={create}
      onSubmit={submit((body) => create.mutate(body, { onSuccess: (created) => onCreated?.(created) }))}
      onCancel={onClose}
    >
      <AuthenticationChoice {...form} />
    </CredentialForm>
  )
}

function Created(props: { credential: CredentialWithSecret; certificateName: string; onDone: () => void }) {
  return props.credential.clientSecret === null ? <NewClient {...props} /> : <NewSecret {...props} />
}
