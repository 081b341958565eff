import { PasswordInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState, useSyncExternalStore } from 'react'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { isDenial } from '../../../lib/api-error.ts'
import { findStepUpQuestion, type StepUpQuestion, subscribeToStepUp } from '../../../lib/step-up.ts'
import { sessionQuery } from '../api/get-session.ts'
import { useProveStepUp } from '../api/prove-step-up.ts'
import { findStepUpWords } from '../step-up-words.ts'

/** Asks the user to prove who they are, over the page or dialog whose request needs it. */
export function StepUpDialog() {
  const question = useSyncExternalStore(subscribeToStepUp, findStepUpQuestion)
  return (
    <Dialog
      opened={question !== undefined}
      onClose={() => question?.onCancel()}
      title="Confirm it is you"
      size="sm"
    >
      {question && <StepUpForm question={question} />}
    </Dialog>
  )
}

function StepUpForm({ question }: { question: StepUpQuestion }) {
  const { act, operation, about, onProven, onCancel } = question
  const [password, setPassword] = useState('')
  const field = useRef<HTMLInputElement>(null)
  const prove = useProveStepUp()
  const email = useQueryClient().getQueryData(sessionQuery.queryKey)?.email ?? ''
  const isWrong = isDenial(prove.error, 'step_up_failed')
  const object = about ?? Object.values(act.pathParameters).at(-1)
  return (
    <DialogForm
      action="Confirm"
      busy="Checking…"
      keep="Cancel"
      isReady={password !== ''}
      call={{ error: isWrong ? null : prove.error, isPending: prove.isPending }}
      onSubmit={(event) => {
        event.preventDefault()
        const body = { ...act, proof: { method: 'password' as const, password } }
        prove.mutate(body, {
          onSuccess: ({ token }) => onProven(token),
          onError() {
            setPassword('')
            field.current?.focus()
          },
        })
      }}
      onClose={onCancel}
    >
      <p>
        You are about to {findStepUpWords(operation)} {object !== undefined && <strong>{object}</strong>}.
        This needs your password again.
      </p>
      {/* For password managers: they find the password by the account. */}
      <input type="text" autoComplete="username" value={email} readOnly hidden />
      <PasswordInput
        ref={field}
        label="Password"
        autoComplete="current-password"
        data-autofocus
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        error={isWrong && 'The password is wrong. Check it, and try again.'}
      />
    </DialogForm>
  )
}
