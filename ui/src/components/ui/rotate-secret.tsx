import { Radio, Stack } from '@mantine/core'
import type { ReactNode, SubmitEventHandler } from 'react'
import type { BoundField } from '../../lib/use-contract-form.ts'
import { Dialog } from './dialog.tsx'
import { DialogForm } from './dialog-form.tsx'

/** How long the current secret stays valid at first, in seconds. */
export const usualOverlap = '86400'

const overlaps = [
  {
    seconds: '0',
    label: 'None',
    description: 'The current secret stops working immediately. Select this if it has leaked.',
  },
  { seconds: '3600', label: 'One hour', description: 'Enough for one deployment.' },
  { seconds: usualOverlap, label: 'One day', description: 'Enough for most services.' },
  { seconds: '604800', label: 'Seven days', description: 'For services that others deploy.' },
]

interface RotateSecretProps<Made> {
  /** The name of what gets another secret. */
  name: string
  opened: boolean
  call: { data: Made | undefined; error: unknown; isPending: boolean; reset(): void }
  /** What the overlap means, where it is not that the current secret stays valid. */
  description?: string
  field: BoundField<string>
  onSubmit: SubmitEventHandler<HTMLFormElement>
  onClose: () => void
  /** Shows the new secret, once. */
  shown: (made: Made, done: () => void) => ReactNode
  /** What is shown in place of the form, while no other secret may be created. */
  instead?: ReactNode
  /** Further fields. */
  children?: ReactNode
}

/** Gives something another secret, with an overlap that the user chooses; closing the dialog drops the secret. */
export function RotateSecret<Made>({
  name,
  opened,
  call,
  description = 'How long the current secret stays valid after you create the new one.',
  field,
  onSubmit,
  onClose,
  shown,
  instead,
  children,
}: RotateSecretProps<Made>) {
  const close = () => {
    call.reset()
    onClose()
  }
  return (
    <Dialog
      opened={opened}
      onClose={close}
      title={`New secret for ${name}`}
      insistent={call.data !== undefined}
      size={call.data === undefined ? 'md' : 'lg'}
    >
      {call.data !== undefined
        ? shown(call.data, close)
        : (instead ?? (
            <DialogForm
              action="Create secret"
              busy="Creating…"
              keep="Cancel"
              failure="The secret was not created"
              call={call}
              onSubmit={onSubmit}
              onClose={close}
            >
              <Radio.Group label="Overlap period" description={description} {...field}>
                <Stack gap="sm" mt="sm">
                  {overlaps.map(({ seconds, ...texts }) => (
                    <Radio key={seconds} value={seconds} {...texts} />
                  ))}
                </Stack>
              </Radio.Group>
              {children}
            </DialogForm>
          ))}
    </Dialog>
  )
}
