import { PasswordInput } from '@mantine/core'
import { useState } from 'react'
import { PasswordChange } from '../../../../../src/contract/session.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useChangePassword } from '../api/change-password.ts'
import { keepOneTimePassword, readOneTimePassword } from '../one-time-password.ts'
import { SessionForm } from './session-form.tsx'

const minCharacters = PasswordChange.shape.newPassword.minLength ?? 1

/** Shows the form for a new password. `onChanged` is called after it is set. */
export function PasswordForm({ forced, onChanged }: { forced: boolean; onChanged: () => void }) {
  const change = useChangePassword()
  const [oneTimePassword] = useState(() => (forced ? readOneTimePassword() : ''))
  // A password that the server does not accept is typed again.
  const isKnown = oneTimePassword !== '' && !change.isError
  const finish = () => {
    keepOneTimePassword('')
    onChanged()
  }
  const { bind, submit } = useContractForm({
    schema: PasswordChange,
    start: { currentPassword: oneTimePassword, newPassword: '' },
    toBody: (values) => values,
    check: ({ currentPassword, newPassword }) =>
      newPassword !== '' && newPassword === currentPassword
        ? { newPassword: 'The new password is the current one. Choose another password.' }
        : {},
    error: change.error,
  })
  return (
    <SessionForm
      failure="The password was not changed"
      action="Save new password"
      busy="Saving…"
      call={change}
      onSubmit={submit((body) => change.mutate(body, { onSuccess: finish }))}
    >
      {!isKnown && (
        <PasswordInput
          label="Current password"
          description={forced ? 'The one-time password that you used to sign in.' : undefined}
          autoComplete="current-password"
          size="md"
          required
          withAsterisk={false}
          autoFocus
          {...bind('currentPassword')}
        />
      )}
      <PasswordInput
        label="New password"
        description={`At least ${minCharacters} characters. Four or five random words are easy to remember and hard to guess.`}
        autoComplete="new-password"
        size="md"
        required
        withAsterisk={false}
        autoFocus={isKnown}
        {...bind('newPassword')}
      />
    </SessionForm>
  )
}
