import { Button, PasswordInput, Stack } from '@mantine/core'
import { type SubmitEvent, useState } from 'react'
import { PasswordChange } from '../../../../../src/contract/session.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { useChangePassword } from '../api/change-password.ts'

const leastCharacters = PasswordChange.shape.newPassword.minLength ?? 1

/** The choice of a new password. `onChanged` is called once it holds. */
export function PasswordForm({ forced, onChanged }: { forced: boolean; onChanged: () => void }) {
  const change = useChangePassword()
  const [currentPassword, setCurrentPassword] = useState('')
  const [newPassword, setNewPassword] = useState('')
  const [problem, setProblem] = useState<string>()
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const found = findProblem(currentPassword, newPassword)
    setProblem(found)
    if (found === undefined) change.mutate({ currentPassword, newPassword }, { onSuccess: onChanged })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        {change.isError && <ErrorNotice error={change.error} title="The password was not changed" />}
        <PasswordInput
          label="Current password"
          description={forced ? 'The one-time password that you signed in with.' : undefined}
          autoComplete="current-password"
          size="md"
          required
          withAsterisk={false}
          autoFocus
          value={currentPassword}
          onChange={(event) => setCurrentPassword(event.currentTarget.value)}
        />
        <PasswordInput
          label="New password"
          description={`At least ${leastCharacters} characters. A sentence of four or five words is easy to keep in mind and hard to guess.`}
          autoComplete="new-password"
          size="md"
          required
          withAsterisk={false}
          error={problem}
          value={newPassword}
          onChange={(event) => setNewPassword(event.currentTarget.value)}
        />
        <Button type="submit" size="md" disabled={change.isPending} mt="xs">
          {change.isPending ? 'Saving…' : 'Save new password'}
        </Button>
      </Stack>
    </form>
  )
}

function findProblem(current: string, next: string): string | undefined {
  if (next.length < leastCharacters)
    return `It has ${next.length} of at least ${leastCharacters} characters. Make it longer.`
  return next === current ? 'It is the same as the current one. Choose another.' : undefined
}
