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
    <Page
      title="Mail"
      description="Everything that Postern has written to people, the newest first."
      width="narrow"
    >
      <MailList />
    </Page>
  )
}

/** Shows one email of the built-in mailbox. */
export function EmailPage() {
  const { mailId } = useParams({ from: '/signed-in/operate/mail/$mailId' })
  const { data } = useQuery(mailQuery(mailId))
  return (
    <Page
      title={data?.subject ?? 'Letter'}
      width="narrow"
      above={<TextLink to="/operate/mail">All letters</TextLink>}
    >
      <EmailView mailId={mailId} />
    </Page>
  )
}
