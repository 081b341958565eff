import { PasswordInput, TextInput } from '@mantine/core'
import { type SessionView, SignIn } from '../../../../../src/contract/session.ts'
import { TextLink } from '../../../components/ui/links.tsx'
import { isDenial } from '../../../lib/api-error.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useSignIn } from '../api/sign-in.ts'
import { keepOneTimePassword } from '../one-time-password.ts'
import { PasskeySignIn } from './passkey-sign-in.tsx'
import { SecondStep } from './second-step.tsx'
import { SessionForm } from './session-form.tsx'
import { SingleSignOnChoice } from './single-sign-on-choice.tsx'

interface SignInFormProps {
  /** The page to open after a sign-in at another site. */
  next: string
  onSignedIn: (session: SessionView) => void
}

/** Shows the fields for email and password. `onSignedIn` is called with the user. */
export function SignInForm({ next, onSignedIn }: SignInFormProps) {
  const signIn = useSignIn()
  const { bind, change, submit, values } = useContractForm({
    schema: SignIn,
    start: { email: '', password: '' },
    toBody: ({ email, password }) => ({ email: email.trim(), password }),
    error: signIn.error,
  })
  if (isDenial(signIn.error, 'second_factor_required'))
    return (
      <SecondStep
        factors={signIn.error.secondFactors}
        onSignedIn={onSignedIn}
        onBack={() => signIn.reset()}
      />
    )
  return (
    <>
      <SessionForm
        failure="You are not signed in"
        action="Sign in"
        busy="Signing in…"
        call={signIn}
        onSubmit={submit((body) =>
          signIn.mutate(body, {
            onSuccess: (session) => {
              keepOneTimePassword(session.mustChangePassword ? body.password : '')
              onSignedIn(session)
            },
            onError: () => change({ password: '' }),
          }),
        )}
      >
        <TextInput
          label="Email"
          type="email"
          autoComplete="username"
          size="md"
          required
          withAsterisk={false}
          autoFocus
          {...bind('email')}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          size="md"
          required
          withAsterisk={false}
          {...bind('password')}
        />
      </SessionForm>
      <PasskeySignIn onSignedIn={onSignedIn} />
      <SingleSignOnChoice email={values.email} next={next} />
      <p>
        <TextLink to="/forgot-password">Forgot your password?</TextLink>
      </p>
    </>
  )
}
