import { Loader, Stack } from '@mantine/core'
import { useParams, useRouter } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { ErrorNotice } from '../../components/ui/error-notice.tsx'
import { TextLink } from '../../components/ui/links.tsx'
import { useCompleteSingleSignOn } from '../../features/session/api/single-sign-on.ts'
import { takeNextPage } from '../../features/session/next-page.ts'
import { SignInLayout } from '../frame/sign-in-layout.tsx'

/** Completes the sign-in of a user who comes back from the OpenID provider. */
export function SignInCallbackPage() {
  const { organization } = useParams({ from: '/sso/callback/$organization' })
  const router = useRouter()
  const { mutate, error } = useCompleteSingleSignOn()
  const [response] = useState(() => window.location.search.slice(1))
  // A response counts once; React may run an effect twice.
  const isSent = useRef(false)
  useEffect(() => {
    if (isSent.current) return
    isSent.current = true
    mutate({ organization, response }, { onSuccess: () => router.history.replace(takeNextPage()) })
  }, [mutate, organization, response, router])
  return (
    <SignInLayout title="Sign in" description="Certificates and API credentials of your organization.">
      {error === null ? (
        <Loader aria-label="Signing in" />
      ) : (
        <Stack gap="md">
          <ErrorNotice error={error} title="You are not signed in" />
          <TextLink to="/sign-in">Back to the sign-in page</TextLink>
        </Stack>
      )}
    </SignInLayout>
  )
}
