import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { TextLink } from '../../components/ui/links.tsx'
import { Page } from '../../components/ui/page.tsx'
import { mailQuery } from '../../features/mail/api/get-mail.ts'
import { EmailView } from '../../features/mail/components/email-view.tsx'
import { MailList } from '../../features/mail/components/mail-list.tsx'

/** Shows the built-in mailbox. */
export function MailPage() {
  return (
    <Page title="Emails" description="Emails of the built-in mailbox, newest first." width="narrow">
      <MailList />
    </Page>
  )
}

/** Shows one email of the built-in mailbox. */
export function EmailPage() {
  const { emailId } = useParams({ from: '/signed-in/operate/emails/$emailId' })
  const { data } = useQuery(mailQuery(emailId))
  return (
    <Page
      title={data?.subject ?? 'Email'}
      width="narrow"
      above={<TextLink to="/operate/emails">All emails</TextLink>}
    >
      <EmailView emailId={emailId} />
    </Page>
  )
}
