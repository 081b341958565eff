import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { Notice } from '../../../components/ui/notice.tsx'

interface EraseDialogProps {
  title: string
  /** What the button that erases says. */
  action: string
  /** The address to type. */
  email: string
  /** What stays, beside what every erasure leaves. */
  effect: string
  call: { error: unknown; isPending: boolean }
  onErase: () => void
  onClose: () => void
}

/** Asks to type the email address before a user is erased; closed without one. */
export function EraseDialog(props: Omit<EraseDialogProps, 'email'> & { email: string | undefined }) {
  const { email, title, onClose } = props
  return (
    <Dialog opened={email !== undefined} onClose={onClose} title={title}>
      {email !== undefined && <EraseForm {...props} email={email} />}
    </Dialog>
  )
}

function EraseForm({ action, email, effect, call, onErase, onClose }: EraseDialogProps) {
  const [typed, setTyped] = useState('')
  return (
    <DialogForm
      action={action}
      busy="Erasing…"
      keep="Cancel"
      failure="Nothing was erased"
      danger
      isReady={typed.trim().toLowerCase() === email}
      call={call}
      onSubmit={(event) => {
        event.preventDefault()
        onErase()
      }}
      onClose={onClose}
    >
      <Notice tone="bad" title="This cannot be undone">
        <p>{effect} Certificates and API credentials of organizations stay.</p>
        <p>The audit log keeps what was done, under a pseudonym.</p>
      </Notice>
      <TextInput
        label="Email address"
        description={`Type ${email} to confirm.`}
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={({ currentTarget: { value } }) => setTyped(value)}
      />
    </DialogForm>
  )
}
