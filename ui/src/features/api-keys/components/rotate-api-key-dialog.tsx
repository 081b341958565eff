import { Select } from '@mantine/core'
import { ApiKeyRotation, type ApiKeyView } from '../../../../../src/contract/api-key.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
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

const overlaps = [
  { value: '0', label: 'None: the secret has leaked' },
  { value: '3600', label: 'One hour' },
  { value: '86400', label: 'One day' },
  { value: '604800', label: 'Seven days' },
]

/** Gives an API key a new secret, with an overlap that the user chooses. */
export function RotateApiKeyDialog({ owner, apiKey, opened, onClose }: RotateApiKeyDialogProps) {
  const rotate = useRotateApiKey(owner, apiKey)
  const { bind, submit } = useContractForm({
    schema: ApiKeyRotation,
    start: { overlapSeconds: '86400', expiresInDays: '90' },
    toBody: ({ overlapSeconds, expiresInDays }) => ({
      overlapSeconds: Number(overlapSeconds),
      expiresInDays: Number(expiresInDays),
    }),
    error: rotate.error,
  })
  const close = () => {
    rotate.reset()
    onClose()
  }
  return (
    <Dialog
      opened={opened}
      onClose={close}
      title={`New secret for ${apiKey.name}`}
      insistent={rotate.data !== undefined}
      size={rotate.data ? 'lg' : 'md'}
    >
      {rotate.data ? (
        <NewApiKeySecret apiKey={rotate.data} onDone={close} />
      ) : (
        <DialogForm
          action="Create secret"
          busy="Creating…"
          keep="Cancel"
          failure="The secret was not created"
          call={rotate}
          onSubmit={submit((body) => rotate.mutate(body))}
          onClose={close}
        >
          <Select
            label="Overlap period"
            description="How long the current secret stays valid after you create the new one."
            allowDeselect={false}
            data-autofocus
            data={overlaps}
            {...bind('overlapSeconds')}
          />
          <Select label="Expires" allowDeselect={false} data={lifetimes} {...bind('expiresInDays')} />
        </DialogForm>
      )}
    </Dialog>
  )
}
