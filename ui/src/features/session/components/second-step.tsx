import { Button, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { SecondFactor } from '../../../../../src/contract/second-factor.ts'
import { SecondStep as Body, type SessionView } from '../../../../../src/contract/session.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useCompleteSignIn, usePasskeyEntrance } from '../api/sign-in.ts'
import { SessionForm } from './session-form.tsx'

const choices: Record<SecondFactor, string> = {
  passkey: 'Use a passkey',
  totp: 'Use the authenticator app',
  recovery_code: 'Use a recovery code',
}

interface SecondStepProps {
  factors: SecondFactor[]
  onSignedIn: (session: SessionView) => void
  /** Returns to the password. */
  onBack: () => void
}

/** The second step of a sign-in: a passkey, a code of the app, or a recovery code. */
export function SecondStep({ factors, onSignedIn, onBack }: SecondStepProps) {
  const [factor, setFactor] = useState(factors[0] ?? 'totp')
  return (
    <Stack gap="md">
      {factor === 'passkey' ? (
        <PasskeyStep onSignedIn={onSignedIn} />
      ) : (
        <CodeStep key={factor} factor={factor} onSignedIn={onSignedIn} />
      )}
      <Stack gap="xs">
        {factors
          .filter((other) => other !== factor)
          .map((other) => (
            <Button key={other} variant="subtle" onClick={() => setFactor(other)}>
              {choices[other]}
            </Button>
          ))}
        <Button variant="subtle" color="gray" onClick={onBack}>
          Back to the password
        </Button>
      </Stack>
    </Stack>
  )
}

function PasskeyStep({ onSignedIn }: Pick<SecondStepProps, 'onSignedIn'>) {
  const enter = usePasskeyEntrance('second_factor')
  return (
    <Stack gap="md">
      <p>The password is right. Complete the sign-in with your passkey.</p>
      {enter.isError && <ErrorNotice error={enter.error} title="You are not signed in" />}
      <Button
        size="md"
        autoFocus
        disabled={enter.isPending}
        onClick={() => enter.mutate(undefined, { onSuccess: onSignedIn })}
      >
        Continue with the passkey
      </Button>
    </Stack>
  )
}

function CodeStep({
  factor,
  onSignedIn,
}: Pick<SecondStepProps, 'onSignedIn'> & { factor: 'totp' | 'recovery_code' }) {
  const enter = useCompleteSignIn()
  const { bind, change, submit } = useContractForm({
    schema: Body,
    start: { code: '' },
    toBody: ({ code }) => ({ factor, code }),
    error: enter.error,
  })
  const isApp = factor === 'totp'
  return (
    <SessionForm
      failure="You are not signed in"
      action="Continue"
      busy="Signing in…"
      call={enter}
      onSubmit={submit((body) =>
        enter.mutate(body, { onSuccess: onSignedIn, onError: () => change({ code: '' }) }),
      )}
    >
      <TextInput
        label={isApp ? 'Code of the authenticator app' : 'Recovery code'}
        description={isApp ? 'Six digits, which change every 30 seconds.' : 'Each recovery code works once.'}
        autoComplete={isApp ? 'one-time-code' : 'off'}
        {...(isApp ? { inputMode: 'numeric' as const } : {})}
        size="md"
        required
        withAsterisk={false}
        autoFocus
        {...bind('code')}
      />
    </SessionForm>
  )
}
