import { Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState, useSyncExternalStore } from 'react'
import type { StepUpMethodName } from '../../../../../src/contract/step-up.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { isDenial } from '../../../lib/api-error.ts'
import { findStepUpQuestion, type StepUpQuestion, subscribeToStepUp } from '../../../lib/step-up.ts'
import { sessionQuery } from '../api/get-session.ts'
import { type StepUpInput, useProveStepUp } from '../api/prove-step-up.ts'
import { findStepUpWords, stepUpMethodWords } from '../step-up-words.ts'

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
      {question && <StepUpForm key={JSON.stringify(question.act)} question={question} />}
    </Dialog>
  )
}

function StepUpForm({ question }: { question: StepUpQuestion }) {
  const { act, operation, about, methods, onProven, onCancel } = question
  const [method, setMethod] = useState<StepUpMethodName>(methods[0] ?? 'password')
  const [secret, setSecret] = useState('')
  const field = useRef<HTMLInputElement>(null)
  const prove = useProveStepUp(act)
  const isPasskey = method === 'passkey'
  const isWrong = isDenial(prove.error, 'step_up_failed') && !isPasskey
  const words = stepUpMethodWords[method]
  const object = about ?? Object.values(act.pathParameters).at(-1)
  return (
    <DialogForm
      // What is focused goes with the method, and the new one has the focus.
      key={method}
      focusesAction={isPasskey}
      action={words.action}
      busy="Checking…"
      keep="Cancel"
      isReady={isPasskey || secret !== ''}
      call={{ error: isWrong ? null : prove.error, isPending: prove.isPending }}
      onSubmit={(event) => {
        event.preventDefault()
        prove.mutate(toInput(method, secret), {
          onSuccess: ({ token }) => onProven(token),
          onError() {
            setSecret('')
            field.current?.focus()
          },
        })
      }}
      onClose={onCancel}
    >
      <p>
        You are about to {findStepUpWords(operation)}
        {object !== undefined && (
          <>
            {' '}
            <strong>{object}</strong>
          </>
        )}
        . {words.need}
      </p>
      {!isPasskey && (
        <SecretField
          method={method}
          ref={field}
          value={secret}
          onChange={setSecret}
          error={isWrong && words.wrong}
        />
      )}
      <OtherMethods
        methods={methods.filter((other) => other !== method)}
        onChoose={(other) => {
          prove.reset()
          setSecret('')
          setMethod(other)
        }}
      />
    </DialogForm>
  )
}

interface SecretFieldProps {
  method: 'password' | 'totp'
  ref: React.Ref<HTMLInputElement>
  value: string
  onChange: (value: string) => void
  error: React.ReactNode
}

function SecretField({ method, ref, value, onChange, error }: SecretFieldProps) {
  const email = useQueryClient().getQueryData(sessionQuery.queryKey)?.email ?? ''
  const field = {
    ...{ ref, value, error, autoFocus: true, 'data-autofocus': true },
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => onChange(event.currentTarget.value),
  }
  if (method === 'totp')
    return (
      <TextInput
        label="Code of the authenticator app"
        description="Six digits, which change every 30 seconds."
        autoComplete="one-time-code"
        inputMode="numeric"
        {...field}
      />
    )
  return (
    <>
      {/* For password managers: they find the password by the account. */}
      <input type="text" autoComplete="username" value={email} readOnly hidden />
      <PasswordInput label="Password" autoComplete="current-password" {...field} />
    </>
  )
}

function OtherMethods(props: { methods: StepUpMethodName[]; onChoose: (method: StepUpMethodName) => void }) {
  if (props.methods.length === 0) return null
  return (
    <Stack gap="xs">
      {props.methods.map((method) => (
        <Button key={method} variant="subtle" onClick={() => props.onChoose(method)}>
          {stepUpMethodWords[method].choice}
        </Button>
      ))}
    </Stack>
  )
}

const toInput = (method: StepUpMethodName, secret: string): StepUpInput => {
  if (method === 'passkey') return { method }
  return method === 'totp' ? { method, code: secret } : { method, password: secret }
}
