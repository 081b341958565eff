import { useRouteContext, useRouter, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { PasswordForm } from '../../features/session/components/password-form.tsx'
import { SignInLayout } from '../frame/sign-in-layout.tsx'

/** Shows the password form: mandatory after the first sign-in, optional at any other time. */
export function ChangePasswordPage() {
  const { next = '/' } = useSearch({ from: '/change-password' })
  const router = useRouter()
  const { session } = useRouteContext({ from: '/change-password' })
  // Evaluated once: the response to the change would remove the sentence before the page changes.
  const [forced] = useState(session.mustChangePassword)
  return (
    <SignInLayout
      title="Choose a new password"
      description={
        forced
          ? 'Your one-time password has been used. Choose a password that only you know.'
          : 'Saving the new password ends your other sessions.'
      }
    >
      <PasswordForm forced={forced} onChanged={() => router.history.push(next)} />
    </SignInLayout>
  )
}
