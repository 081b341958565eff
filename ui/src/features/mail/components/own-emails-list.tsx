import { IconMail } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { LoadMore } from '../../../components/ui/load-more.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { ownEmailsQuery } from '../api/own-emails.ts'
import classes from './mail-list.module.css'

/** Shows the emails to the signed-in user, latest first. */
export function OwnEmailsList() {
  const { params } = useWorkspace()
  const query = useInfiniteQuery(ownEmailsQuery)
  const emails = query.data?.pages.flatMap(({ items }) => items) ?? []
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.isSuccess && emails.length === 0)
    return (
      <Panel>
        <EmptyState icon={<IconMail size={24} />} title="No emails yet">
          <p>Emails to you appear here, for example when a certificate is ready, rejected or revoked.</p>
        </EmptyState>
      </Panel>
    )
  return (
    <Panel flush>
      {query.isPending && <TableSkeleton what="the emails" />}
      <ul className={classes.list}>
        {emails.map(({ id, subject, to, createdAt }) => (
          <li key={id}>
            <Link
              to="/o/$organization/$environment/emails/$emailId"
              params={{ ...params, emailId: id }}
              className={classes.letter ?? ''}
            >
              <strong>{subject}</strong>
              <span className={classes.to}>{`to ${to}`}</span>
              <span className={classes.when}>
                <Moment at={createdAt} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
      <LoadMore query={query} />
    </Panel>
  )
}
