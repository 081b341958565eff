import { IconMail } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { LoadMore } from '../../../components/ui/load-more.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { mailListQuery } from '../api/list-mail.ts'
import classes from './mail-list.module.css'

/** Shows the emails of the built-in mailbox, latest first. */
export function MailList() {
  const query = useInfiniteQuery(mailListQuery)
  const emails = query.data?.pages.flatMap(({ items }) => items) ?? []
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.isSuccess && emails.length === 0)
    return (
      <Panel>
        <EmptyState icon={<IconMail size={24} />} title="No emails yet">
          <p>
            While no mail server is configured, the emails of Postern arrive here: for example, that a
            certificate is ready, rejected or revoked.
          </p>
        </EmptyState>
      </Panel>
    )
  return (
    <Panel flush>
      {query.isPending && <TableSkeleton what="the emails" />}
      <ul className={classes.list}>
        {emails.map(({ id, subject, to, receivedAt }) => (
          <li key={id}>
            <Link to="/operate/emails/$emailId" params={{ emailId: id }} className={classes.letter ?? ''}>
              <strong>{subject}</strong>
              <span className={classes.to}>{`to ${to}`}</span>
              <span className={classes.when}>
                <Moment at={receivedAt} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
      <LoadMore query={query} />
    </Panel>
  )
}
