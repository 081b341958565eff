import { Skeleton, VisuallyHidden } from '@mantine/core'
import { IconUserCheck } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { LoadMore } from '../../../components/ui/load-more.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { approvalsQuery } from '../api/list-approvals.ts'
import { ApprovalCard } from './approval-card.tsx'

/** Shows the CSRs that wait for a decision, oldest first. */
export function ApprovalsList() {
  const query = useInfiniteQuery(approvalsQuery)
  const approvals = query.data?.pages.flatMap(({ items }) => items) ?? []
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.isPending)
    return (
      <>
        <VisuallyHidden role="status">Loading the requests…</VisuallyHidden>
        <Skeleton height={260} radius="lg" />
      </>
    )
  if (approvals.length === 0)
    return (
      <Panel>
        <EmptyState icon={<IconUserCheck size={24} />} title="No pending approvals">
          <p>
            In environments with approval, each request appears here until an operator decides. The requester
            gets an email with the decision.
          </p>
        </EmptyState>
      </Panel>
    )
  return (
    <>
      {approvals.map((approval) => (
        <ApprovalCard key={approval.id} approval={approval} />
      ))}
      <LoadMore query={query} />
    </>
  )
}
