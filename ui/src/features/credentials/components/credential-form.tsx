import { Button, Checkbox, Collapse, Group, MultiSelect, Stack, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { type SubmitEvent, useState } from 'react'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { ListInput } from '../../../components/ui/list-input.tsx'
import { usePlace } from '../../../lib/place.tsx'

/** What a person says about API credentials. */
export interface CredentialInput {
  name: string
  description: string
  scopes: string[]
  networks: string[]
  certificateIds: string[]
}

interface CredentialFormProps {
  /** What stands in it at first. */
  start?: CredentialInput
  words: { action: string; busy: string; failure: string }
  /** The certificates that the credentials can be restricted to. */
  certificates: { id: string; name: string }[]
  busy: boolean
  error: unknown
  onSubmit: (input: CredentialInput) => void
  onCancel: () => void
}

const nothing: CredentialInput = { name: '', description: '', scopes: [], networks: [], certificateIds: [] }

/** The form for what API credentials are called and may do. */
export function CredentialForm(props: CredentialFormProps) {
  const { start = nothing, words, certificates, busy, error, onSubmit, onCancel } = props
  const [input, setInput] = useState(() => inputOf(start))
  const change = (part: Partial<CredentialInput>) => setInput({ ...input, ...part })
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    onSubmit({ ...input, name: input.name.trim() })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          label="Name"
          description="The service that will use them, for example settlement-worker."
          data-autofocus
          maxLength={100}
          value={input.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <TextInput
          label="Description"
          maxLength={500}
          value={input.description}
          onChange={(event) => change({ description: event.currentTarget.value })}
        />
        <ScopeChoice chosen={input.scopes} onChange={(scopes) => change({ scopes })} />
        <Restrictions input={input} certificates={certificates} onChange={change} />
        {error !== null && <ErrorNotice error={error} title={words.failure} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            Not now
          </Button>
          <Button type="submit" disabled={input.name.trim() === '' || busy}>
            {busy ? words.busy : words.action}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** What of credentials can be changed. */
const inputOf = ({
  name,
  description,
  scopes,
  networks,
  certificateIds,
}: CredentialInput): CredentialInput => ({
  name,
  description,
  scopes,
  networks,
  certificateIds,
})

interface ScopeChoiceProps {
  chosen: string[]
  onChange: (scopes: string[]) => void
}

function ScopeChoice({ chosen, onChange }: ScopeChoiceProps) {
  const { environment } = usePlace()
  if (environment.scopes.length === 0) return null
  return (
    <Checkbox.Group
      label="Scopes"
      description="What it may do. None chosen means all of them."
      value={chosen}
      onChange={onChange}
    >
      <Stack gap="xs" mt="xs">
        {environment.scopes.map(({ name, description }) => (
          <Checkbox key={name} value={name} label={name} description={description} />
        ))}
      </Stack>
    </Checkbox.Group>
  )
}

interface RestrictionsProps {
  input: CredentialInput
  certificates: { id: string; name: string }[]
  onChange: (part: Partial<CredentialInput>) => void
}

function Restrictions({ input, certificates, onChange }: RestrictionsProps) {
  const isRestricted = input.networks.length > 0 || input.certificateIds.length > 0
  const [opened, { toggle }] = useDisclosure(isRestricted)
  const Chevron = opened ? IconChevronDown : IconChevronRight
  return (
    <div>
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<Chevron size={16} aria-hidden />}
        aria-expanded={opened}
        onClick={toggle}
      >
        Restrict where they may be used
      </Button>
      <Collapse expanded={opened} keepMounted={false}>
        <Stack gap="md" mt="sm">
          <ListInput
            label="Networks"
            description="Ranges that may use them, with commas between. Empty means any."
            placeholder="203.0.113.0/24"
            value={input.networks}
            onChange={(networks) => onChange({ networks })}
          />
          {certificates.length > 0 && (
            <MultiSelect
              label="Certificates"
              description="Empty means any of the organization."
              searchable
              data={certificates.map(({ id, name }) => ({ value: id, label: name }))}
              value={input.certificateIds}
              onChange={(certificateIds) => onChange({ certificateIds })}
            />
          )}
        </Stack>
      </Collapse>
    </div>
  )
}
