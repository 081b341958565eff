import { useNavigate, useRouter, useSearch } from '@tanstack/react-router'
import type { SessionView } from '../../../../src/contract/session.ts'
import { SignInForm } from '../../features/session/components/sign-in-form.tsx'
import { SignInLayout } from '../frame/sign-in-layout.tsx'

/** Shows the sign-in page. */
export function SignInPage() {
  const { next = '/' } = useSearch({ from: '/sign-in' })
  const navigate = useNavigate()
  const router = useRouter()
  const enter = ({ mustChangePassword }: SessionView) => {
    if (mustChangePassword) void navigate({ to: '/change-password', search: { next } })
    else router.history.push(next)
  }
  return (
    <SignInLayout title="Sign in" description="Certificates and API credentials of your organization.">
      <SignInForm next={next} onSignedIn={enter} />
    </SignInLayout>
  )
}
