import { Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { type SubmitEvent, useState } from 'react'
import type { SessionView } from '../../../../../src/contract/session.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { useSignIn } from '../api/sign-in.ts'

/** E-mail and password. `onSignedIn` is told who has come. */
export function SignInForm({ onSignedIn }: { onSignedIn: (session: SessionView) => void }) {
  const signIn = useSignIn()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    signIn.mutate(
      { email: email.trim(), password },
      { onSuccess: onSignedIn, onError: () => setPassword('') },
    )
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        {signIn.isError && <ErrorNotice error={signIn.error} title="You are not signed in" />}
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="username"
          size="md"
          required
          withAsterisk={false}
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          size="md"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" size="md" disabled={signIn.isPending} mt="xs">
          {signIn.isPending ? 'Signing in…' : 'Sign in'}
        </Button>
      </Stack>
    </form>
  )
}
