import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { ownEmailsQuery } from '../api/own-emails.ts'
import { EmailList } from './email-list.tsx'

/** Shows the emails to the signed-in user, latest first. */
export function OwnEmailsList() {
  const { params } = useWorkspace()
  const query = useInfiniteQuery(ownEmailsQuery)
  const emails = query.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <EmailList
      query={query}
      emails={emails.map(({ createdAt, ...email }) => ({ ...email, at: createdAt }))}
      empty="Emails to you appear here, for example when a certificate is ready, rejected or revoked."
      link={(id, row) => (
        <Link
          to="/o/$organization/$environment/emails/$emailId"
          params={{ ...params, emailId: id }}
          {...row}
        />
      )}
    />
  )
}
