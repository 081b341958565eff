import { MultiSelect, Select, TextInput } from '@mantine/core'
import {
  type ApiKeyRole,
  NewApiKey,
  NewOwnApiKey,
  type ownApiKeyRoles,
  provisionerRole,
} from '../../../../../src/contract/api-key.ts'
import { apiKeyScopes } from '../../../../../src/contract/api-key-scopes.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { ListInput } from '../../../components/ui/list-input.tsx'
import { nameForm } from '../../../lib/kept-input.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { type KeyBody, type KeyOwner, useCreateApiKey } from '../api/api-keys.ts'
import { lifetimes, roleLabels } from './key-words.ts'
import { NewApiKeySecret } from './new-api-key.tsx'

interface CreateApiKeyDialogProps {
  owner: KeyOwner
  /** The roles to choose from, weakest first. */
  roles: readonly ApiKeyRole[]
  /** The organizations to which an own key can be limited. */
  organizations: readonly { slug: string; legalName: string }[]
  /** Whether a new own key has to be limited to one of them. */
  mustLimit?: boolean
  opened: boolean
  onClose: () => void
}

/** Creates an API key and shows its secret once; closing the dialog drops it. */
export function CreateApiKeyDialog(props: CreateApiKeyDialogProps) {
  const create = useCreateApiKey(props.owner)
  const close = () => {
    create.reset()
    props.onClose()
  }
  return (
    <Dialog
      opened={props.opened}
      onClose={close}
      title={create.data ? `API key ${create.data.name}` : 'New API key'}
      insistent={create.data !== undefined}
      size={create.data ? 'lg' : 'md'}
    >
      {create.data ? (
        <NewApiKeySecret apiKey={create.data} onDone={close} />
      ) : (
        <CreateForm {...props} create={create} onClose={close} />
      )}
    </Dialog>
  )
}

const fields = ['name', 'role', 'organization', 'scopes', 'networks', 'expiresInDays'] as const

interface Input {
  name: string
  role: string
  organization: string | null
  scopes: string[]
  networks: string[]
  expiresInDays: string
}

const orNull = (list: string[]) => (list.length === 0 ? null : list)

function CreateForm({
  owner,
  roles,
  organizations,
  mustLimit = false,
  create,
  onClose,
}: CreateApiKeyDialogProps & { create: ReturnType<typeof useCreateApiKey> }) {
  const isOwn = owner === null
  const operation = isOwn ? operations.createOwnApiKey : operations.createApiKey
  const { bind, submit, isReady, values } = useContractForm({
    // The key of an organization has the same terms, besides the organization.
    schema: (isOwn ? NewOwnApiKey : NewApiKey) as typeof NewOwnApiKey,
    start: {
      ...{
        name: '',
        role: roles[0] ?? 'viewer',
        organization: (mustLimit && organizations[0]?.slug) || null,
        scopes: [],
        networks: [],
      },
      expiresInDays: '90',
    } as Input,
    toBody: ({ role, scopes, networks, expiresInDays, ...texts }) => ({
      ...texts,
      role: role as (typeof ownApiKeyRoles)[number],
      scopes: orNull(scopes),
      networks: orNull(networks),
      expiresInDays: Number(expiresInDays),
    }),
    error: create.error,
    keep: { form: nameForm(operation, isOwn ? undefined : { organization: owner }), fields },
  })
  const isOfPlatform = values.role === 'operator' || values.role === 'auditor'
  return (
    <DialogForm
      action="Create API key"
      busy="Creating…"
      keep="Cancel"
      failure="The API key was not created"
      isReady={isReady}
      call={create}
      onSubmit={submit((body) => create.mutate(body as KeyBody))}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        description="The program that uses the key, for example Terraform."
        data-autofocus
        maxLength={100}
        {...bind('name')}
      />
      <Select
        label="Role"
        description={
          isOwn ? 'The key never may do more than you.' : 'What the key may do in this organization.'
        }
        allowDeselect={false}
        data={roles.map((value) => ({ value, label: roleLabels[value] }))}
        {...bind('role')}
      />
      {isOwn && !isOfPlatform && organizations.length > 1 && (
        <Select
          label="Organization"
          description="Leave empty for all of your organizations."
          clearable
          data={organizations.map(({ slug, legalName }) => ({ value: slug, label: legalName }))}
          {...bind('organization')}
        />
      )}
      {values.role !== provisionerRole && (
        <MultiSelect
          label="Scopes"
          description="Leave empty for everything that the role may do."
          searchable
          clearable
          data={apiKeyScopes.toSorted()}
          {...bind('scopes')}
        />
      )}
      <ListInput
        label="Networks"
        description="Address ranges in CIDR notation, separated by commas. Leave empty for any address."
        placeholder="203.0.113.0/24"
        {...bind('networks')}
      />
      <Select label="Expires" allowDeselect={false} data={lifetimes} {...bind('expiresInDays')} />
    </DialogForm>
  )
}
