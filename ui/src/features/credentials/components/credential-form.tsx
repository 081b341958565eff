import { Button, Group, Stack, TextInput } from '@mantine/core'
import { type ReactNode, type SubmitEvent, useState } from 'react'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import type { CredentialInput } from './credential-input.ts'
import { Restrictions, ScopeChoice } from './credential-limits.tsx'

interface CredentialFormProps {
  /** What stands in it at first. */
  start?: CredentialInput
  words: { action: string; busy: string; failure: string }
  /** The certificates that the credentials can be restricted to. */
  certificates: { id: string; name: string }[]
  /** Further fields, and whether nothing is missing in them. */
  more?: { fields: ReactNode; isReady: boolean }
  busy: boolean
  error: unknown
  onSubmit: (input: CredentialInput) => void
  onCancel: () => void
}

const nothing: CredentialInput = {
  name: '',
  description: '',
  scopes: null,
  networks: null,
  certificateIds: null,
}

/** Whether each limit that is switched on names something. */
const isComplete = ({ name, scopes, networks, certificateIds }: CredentialInput): boolean =>
  name.trim() !== '' && [scopes, networks, certificateIds].every((list) => list?.length !== 0)

/** The form for what API credentials are called and may do. */
export function CredentialForm(props: CredentialFormProps) {
  const { start = nothing, words, certificates, more, busy, error, onSubmit, onCancel } = props
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
        {more?.fields}
        <ScopeChoice chosen={input.scopes} onChange={(scopes) => change({ scopes })} />
        <Restrictions input={input} certificates={certificates} onChange={change} />
        {error !== null && <ErrorNotice error={error} title={words.failure} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            Not now
          </Button>
          <Button type="submit" disabled={!isComplete(input) || more?.isReady === false || busy}>
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
