import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { mailListQuery } from '../api/list-mail.ts'
import { EmailList } from './email-list.tsx'

/** Shows the emails of the built-in mailbox, latest first. */
export function MailList() {
  const query = useInfiniteQuery(mailListQuery)
  const emails = query.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <EmailList
      query={query}
      emails={emails.map(({ receivedAt, ...email }) => ({ ...email, at: receivedAt }))}
      empty="While no mail server is configured, the emails of Postern arrive here: for example, that a certificate is ready, rejected or revoked."
      link={(id, row) => <Link to="/operate/emails/$emailId" params={{ emailId: id }} {...row} />}
    />
  )
}
