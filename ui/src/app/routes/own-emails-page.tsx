import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { TextLink } from '../../components/ui/links.tsx'
import { Page } from '../../components/ui/page.tsx'
import { ownEmailQuery } from '../../features/mail/api/own-emails.ts'
import { OwnEmailView } from '../../features/mail/components/own-email-view.tsx'
import { OwnEmailsList } from '../../features/mail/components/own-emails-list.tsx'
import { useWorkspace } from '../../lib/workspace.tsx'

/** Shows the emails to the signed-in user. */
export function OwnEmailsPage() {
  return (
    <Page title="Emails to you" description="Emails that Postern sent to your address." width="narrow">
      <OwnEmailsList />
    </Page>
  )
}

/** Shows one email to the signed-in user. */
export function OwnEmailPage() {
  const { params } = useWorkspace()
  const { emailId } = useParams({ from: '/signed-in/o/$organization/$environment/emails/$emailId' })
  const { data } = useQuery(ownEmailQuery(emailId))
  return (
    <Page
      title={data?.subject ?? 'Email'}
      width="narrow"
      above={
        <TextLink to="/o/$organization/$environment/emails" params={params}>
          All emails
        </TextLink>
      }
    >
      <OwnEmailView emailId={emailId} />
    </Page>
  )
}
