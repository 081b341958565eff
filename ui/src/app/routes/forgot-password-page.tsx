import { TextLink } from '../../components/ui/links.tsx'
import { ForgotPasswordForm } from '../../features/session/components/forgot-password-form.tsx'
import { SignInLayout } from '../frame/sign-in-layout.tsx'

/** Shows the page for a forgotten password. */
export function ForgotPasswordPage() {
  return (
    <SignInLayout title="Forgotten password" description="Postern sends you a link to choose a new password.">
      <ForgotPasswordForm />
      <p>
        <TextLink to="/sign-in">Back to sign-in</TextLink>
      </p>
    </SignInLayout>
  )
}
