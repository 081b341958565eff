import { PasswordInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { PasswordReset } from '../../../../../src/contract/account.ts'
import type { SessionView } from '../../../../../src/contract/session.ts'
import { isDenial } from '../../../lib/api-error.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useResetPassword } from '../api/password-reset.ts'
import { SecondStep } from './second-step.tsx'
import { SessionForm } from './session-form.tsx'

/** Shows the form for a new password of the user of a one-time link. `onSet` is called when they are signed in. */
export function SetPasswordForm({
  token,
  email,
  onSet,
}: {
  token: string
  email: string
  onSet: (session: SessionView) => void
}) {
  const reset = useResetPassword()
  const navigate = useNavigate()
  const { bind, submit } = useContractForm({
    schema: PasswordReset,
    start: { newPassword: '' },
    toBody: ({ newPassword }) => ({ token, newPassword }),
    error: reset.error,
  })
  if (isDenial(reset.error, 'second_factor_required'))
    return (
      <SecondStep
        factors={reset.error.secondFactors}
        onSignedIn={onSet}
        onBack={() => navigate({ to: '/sign-in' })}
      />
    )
  return (
    <SessionForm
      failure="The password was not saved"
      action="Save password and sign in"
      busy="Saving…"
      call={reset}
      onSubmit={submit((body) => reset.mutate(body, { onSuccess: onSet }))}
    >
      <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
      <PasswordInput
        label="New password"
        description="At least 12 characters. Four or five random words are easy to remember and hard to guess."
        autoComplete="new-password"
        size="md"
        required
        withAsterisk={false}
        autoFocus
        {...bind('newPassword')}
      />
    </SessionForm>
  )
}
