import { Select } from '@mantine/core'
import { ApiKeyRotation, type ApiKeyView } from '../../../../../src/contract/api-key.ts'
import { RotateSecret, usualOverlap } from '../../../components/ui/rotate-secret.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { type KeyOwner, useRotateApiKey } from '../api/api-keys.ts'
import { lifetimes } from './key-words.ts'
import { NewApiKeySecret } from './new-api-key.tsx'

interface RotateApiKeyDialogProps {
  owner: KeyOwner
  apiKey: ApiKeyView
  opened: boolean
  onClose: () => void
}

/** Gives an API key a new secret, with an overlap that the user chooses. */
export function RotateApiKeyDialog({ owner, apiKey, opened, onClose }: RotateApiKeyDialogProps) {
  const rotate = useRotateApiKey(owner, apiKey)
  const { bind, submit } = useContractForm({
    schema: ApiKeyRotation,
    start: { overlapSeconds: usualOverlap, expiresInDays: '90' },
    toBody: ({ overlapSeconds, expiresInDays }) => ({
      overlapSeconds: Number(overlapSeconds),
      expiresInDays: Number(expiresInDays),
    }),
    error: rotate.error,
  })
  return (
    <RotateSecret
      name={apiKey.name}
      opened={opened}
      call={rotate}
      field={bind('overlapSeconds')}
      onSubmit={submit((body) => rotate.mutate(body))}
      onClose={onClose}
      shown={(made, done) => <NewApiKeySecret apiKey={made} onDone={done} />}
    >
      <Select label="Expires" allowDeselect={false} data={lifetimes} {...bind('expiresInDays')} />
    </RotateSecret>
  )
}
