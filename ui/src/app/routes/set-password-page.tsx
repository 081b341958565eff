import { useQuery } from '@tanstack/react-query'
import { useRouteContext, useRouter } from '@tanstack/react-router'
import { ErrorNotice } from '../../components/ui/error-notice.tsx'
import { TextLink } from '../../components/ui/links.tsx'
import { linkQuery } from '../../features/session/api/password-reset.ts'
import { SetPasswordForm } from '../../features/session/components/set-password-form.tsx'
import { dropLinkToken } from '../../lib/link-token.ts'
import { SignInLayout } from '../frame/sign-in-layout.tsx'

/** Shows the page of a one-time link to choose a password. */
export function SetPasswordPage() {
  const router = useRouter()
  const { token = '' } = useRouteContext({ from: '/set-password' })
  const { data: link, error } = useQuery(linkQuery(token))
  return (
    <SignInLayout
      title="Choose a password"
      description={
        link === undefined
          ? 'This page belongs to a link that works once.'
          : `For ${link.email}. Saving ends all your sessions on other devices.`
      }
    >
      {error !== null && (
        <>
          <ErrorNotice error={error} title="This link cannot be used" />
          <p>
            <TextLink to="/forgot-password">Request a new link</TextLink>
          </p>
        </>
      )}
      {link !== undefined && (
        <SetPasswordForm
          token={token}
          email={link.email}
          onSet={() => {
            dropLinkToken('/set-password')
            void router.navigate({ to: '/', replace: true })
          }}
        />
      )}
    </SignInLayout>
  )
}
