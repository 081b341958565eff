import { SegmentedControl } from '@mantine/core'
import { IconActivity } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { LoadMore } from '../../../components/ui/load-more.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { activityQuery } from '../api/list-activity.ts'
import { ActivityTable } from './activity-table.tsx'

type Outcome = 'allowed' | 'denied'

const choices = [
  { value: 'all', label: 'Everything' },
  { value: 'allowed', label: 'Allowed' },
  { value: 'denied', label: 'Denied' },
]

/** Shows the gateway events of the whole organization; the latest page refreshes automatically. */
export function ActivityList({
  outcome,
  onOutcome,
}: {
  outcome: Outcome | undefined
  onOutcome: (outcome: Outcome | undefined) => void
}) {
  const { params } = useWorkspace()
  const query = useInfiniteQuery(activityQuery(params, outcome === undefined ? {} : { outcome }))
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <Panel
      title="Seen by the gateway"
      description="Kept fresh while this page is open."
      actions={
        <SegmentedControl
          aria-label="Outcome"
          size="xs"
          data={choices}
          value={outcome ?? 'all'}
          onChange={(value) => onOutcome(value === 'all' ? undefined : (value as Outcome))}
        />
      }
      flush
    >
      {query.isError && <ErrorNotice error={query.error} onRetry={query.refetch} />}
      {query.isPending && <TableSkeleton rows={8} what="what the gateway saw" />}
      {query.isSuccess && rows.length === 0 && <NoActivity outcome={outcome} />}
      {rows.length > 0 && <ActivityTable rows={rows} withCertificate />}
      <LoadMore query={query} />
    </Panel>
  )
}

function NoActivity({ outcome }: { outcome: Outcome | undefined }) {
  const { environment } = useWorkspace()
  if (outcome === 'denied')
    return (
      <EmptyState icon={<IconActivity size={24} />} title="Nothing was refused">
        <p>Refused connections, token requests and calls stand here with their cause and what to do.</p>
      </EmptyState>
    )
  return (
    <EmptyState icon={<IconActivity size={24} />} title="Nothing seen yet">
      <p>
        {`Every connection, token request and call that your services make to the ${environment.label} gateway stands here, also those that are refused.`}
      </p>
    </EmptyState>
  )
}
