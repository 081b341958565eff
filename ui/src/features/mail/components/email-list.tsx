import { IconMail } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { LoadMore, type LoadMoreQuery } from '../../../components/ui/load-more.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import classes from './email-list.module.css'

interface EmailListProps {
  query: LoadMoreQuery & { isError: boolean; isPending: boolean; error: unknown; refetch: () => unknown }
  emails: readonly { id: string; subject: string; to: string; at: string }[]
  /** What is said where there are none. */
  empty: string
  /** Links to an email; `className` is that of its row. */
  link: (id: string, row: { className: string; children: ReactNode }) => ReactNode
}

/** Shows emails, each with a link to its text. */
export function EmailList({ query, emails, empty, link }: EmailListProps) {
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (!query.isPending && emails.length === 0)
    return (
      <Panel>
        <EmptyState icon={<IconMail size={24} />} title="No emails yet">
          <p>{empty}</p>
        </EmptyState>
      </Panel>
    )
  return (
    <Panel flush>
      {query.isPending && <TableSkeleton what="the emails" />}
      <ul className={classes.list}>
        {emails.map(({ id, subject, to, at }) => (
          <li key={id}>
            {link(id, {
              className: classes.letter ?? '',
              children: (
                <>
                  <strong>{subject}</strong>
                  <span className={classes.to}>{`to ${to}`}</span>
                  <span className={classes.when}>
                    <Moment at={at} />
                  </span>
                </>
              ),
            })}
          </li>
        ))}
      </ul>
      <LoadMore query={query} />
    </Panel>
  )
}
