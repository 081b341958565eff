import { PasswordInput } from '@mantine/core'
import type { ReactNode } from 'react'
import { CurrentPassword } from '../../../../../src/contract/second-factor.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'

interface PasswordDialogProps {
  title: string
  action: string
  call: { error: unknown; isPending: boolean }
  onPassword: (currentPassword: string) => void
  onClose: () => void
  children?: ReactNode
}

/** Asks for the password before a sign-in method is added. */
export function PasswordDialog({ title, action, call, onPassword, onClose, children }: PasswordDialogProps) {
  const { bind, submit } = useContractForm({
    schema: CurrentPassword,
    start: { currentPassword: '' },
    toBody: (values) => values,
    error: call.error,
  })
  return (
    <Dialog opened onClose={onClose} title={title}>
      <DialogForm
        action={action}
        busy="One moment…"
        keep="Cancel"
        call={call}
        onSubmit={submit(({ currentPassword }) => onPassword(currentPassword))}
        onClose={onClose}
      >
        {children}
        <PasswordInput
          label="Current password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          {...bind('currentPassword')}
        />
      </DialogForm>
    </Dialog>
  )
}
