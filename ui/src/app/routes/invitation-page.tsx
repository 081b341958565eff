import { Skeleton, Stack } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useRouteContext } from '@tanstack/react-router'
import type { InvitationPreview } from '../../../../src/contract/invitation.ts'
import type { SessionView } from '../../../../src/contract/session.ts'
import { ErrorNotice } from '../../components/ui/error-notice.tsx'
import { ButtonLink } from '../../components/ui/links.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { invitationPreviewQuery } from '../../features/invitation/api/preview-invitation.ts'
import { JoinButton } from '../../features/invitation/components/join-button.tsx'
import { NewUserForm } from '../../features/invitation/components/new-user-form.tsx'
import { sessionQuery } from '../../features/session/api/get-session.ts'
import { dropLinkToken } from '../../lib/link-token.ts'
import { roleLabels } from '../../lib/role-words.ts'
import { notifyOtherTabs } from '../../lib/session-news.ts'
import { SignInLayout } from '../frame/sign-in-layout.tsx'

/** Shows the invitation whose link was opened. Only its button accepts it. */
export function InvitationPage() {
  const { token } = useRouteContext({ from: '/invitation' })
  if (token === undefined)
    return (
      <SignInLayout title="Invitation" description="This page needs the link of an invitation.">
        <Notice tone="info" title="No invitation">
          <p>Open the link in the email again. If you have accepted the invitation, sign in.</p>
        </Notice>
      </SignInLayout>
    )
  return <Invitation token={token} />
}

function Invitation({ token }: { token: string }) {
  const preview = useQuery(invitationPreviewQuery(token))
  if (preview.isError)
    return (
      <SignInLayout title="Invitation" description="This invitation cannot be accepted.">
        <ErrorNotice error={preview.error} title="The invitation was not opened" onRetry={preview.refetch} />
      </SignInLayout>
    )
  if (preview.data === undefined)
    return (
      <SignInLayout title="Invitation" description="Reading the invitation…">
        <Skeleton height={240} />
      </SignInLayout>
    )
  const { organization, role, invitedBy } = preview.data
  return (
    <SignInLayout
      title={`Join ${organization.legalName}`}
      description={`${invitedBy} invited you as ${roleLabels[role].toLowerCase()}.`}
    >
      <Acceptance token={token} invitation={preview.data} />
    </SignInLayout>
  )
}

function Acceptance({ token, invitation }: { token: string; invitation: InvitationPreview }) {
  const { email, organization, hasAccount } = invitation
  const session = useQuery({ ...sessionQuery, retry: false })
  const enter = useEntering(organization.slug)
  if (session.isPending) return <Skeleton height={160} />
  const signedInAs = session.data?.email
  if (!hasAccount)
    return (
      <Stack gap="md">
        {signedInAs !== undefined && (
          <Notice tone="info">
            <p>{`You are signed in as ${signedInAs}. Joining as ${email} ends that session.`}</p>
          </Notice>
        )}
        <NewUserForm token={token} invitation={invitation} onAccepted={enter} />
      </Stack>
    )
  if (signedInAs === email)
    return <JoinButton token={token} legalName={organization.legalName} onAccepted={enter} />
  return (
    <Stack gap="md">
      <Notice tone="info">
        <p>
          {signedInAs === undefined
            ? `You have an account as ${email}. Sign in to accept the invitation.`
            : `You are signed in as ${signedInAs}. The invitation is for ${email}: sign in as this user to accept it.`}
        </p>
      </Notice>
      <ButtonLink size="md" to="/sign-in" search={{ next: '/invitation' }}>
        Sign in
      </ButtonLink>
    </Stack>
  )
}

/** Returns what leads a new member to the organization; nothing cached of an earlier user remains. */
function useEntering(organization: string) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  return (session: SessionView) => {
    dropLinkToken('/invitation')
    queries.clear()
    queries.setQueryData(sessionQuery.queryKey, session)
    notifyOtherTabs('signed-in')
    void navigate({ to: '/o/$organization', params: { organization } })
  }
}
