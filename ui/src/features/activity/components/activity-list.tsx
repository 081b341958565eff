import { Button, SegmentedControl } from '@mantine/core'
import { IconActivity } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import type { operations } from '../../../../../src/contract/operations.ts'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { LoadMore } from '../../../components/ui/load-more.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import type { ActivitySearch } from '../activity-search.ts'
import { activityQuery } from '../api/list-activity.ts'
import { ActivityFilters } from './activity-filters.tsx'
import { ActivityTable } from './activity-table.tsx'

type Filter = Omit<Sent<typeof operations.listActivity>['query'], 'cursor' | 'environment'>

const choices = [
  { value: 'all', label: 'Everything' },
  { value: 'allowed', label: 'Allowed' },
  { value: 'denied', label: 'Denied' },
]
/** More than a page shows, since repeated events become one row. */
const rowsPerPage = 100

interface ActivityListProps {
  search: ActivitySearch
  /** The ID of the certificate that `search` names; null if there is none of this name. */
  certificateId: string | null | undefined
  onSearch: (search: ActivitySearch) => void
}

/** Shows the gateway events of the whole organization; the latest page refreshes automatically. */
export function ActivityList({ search, certificateId, onSearch }: ActivityListProps) {
  const { params } = useWorkspace()
  const query = useInfiniteQuery({
    ...activityQuery(params, toFilter(search, certificateId)),
    enabled: certificateId !== null && (search.certificate === undefined || certificateId !== undefined),
    placeholderData: keepPreviousData,
  })
  const isNone = certificateId === null
  const rows = isNone ? [] : (query.data?.pages.flatMap(({ items }) => items) ?? [])
  const isFiltered = Object.keys(search).some((name) => name !== 'outcome')
  return (
    <Panel
      title="Gateway events"
      description="Refreshed while this page is open."
      actions={
        <SegmentedControl
          aria-label="Outcome"
          size="xs"
          data={choices}
          value={search.outcome ?? 'all'}
          onChange={(value) => {
            const { outcome: _, ...others } = search
            onSearch(value === 'all' ? others : { ...others, outcome: value as 'allowed' | 'denied' })
          }}
        />
      }
      flush
    >
      <ActivityFilters search={search} onSearch={onSearch} />
      {query.isError && <ErrorNotice error={query.error} onRetry={query.refetch} />}
      {!isNone && query.isPending && <TableSkeleton rows={8} what="the gateway events" />}
      {(isNone || query.isSuccess) && rows.length === 0 && (
        <NoActivity
          outcome={search.outcome}
          onClear={isFiltered ? () => onSearch({}) : undefined}
          isTrace={search.traceId !== undefined}
        />
      )}
      {rows.length > 0 && <ActivityTable rows={rows} withCertificate />}
      {!isNone && <LoadMore query={query} />}
    </Panel>
  )
}

function toFilter({ outcome, code, status, traceId }: ActivitySearch, certificateId?: string | null): Filter {
  return {
    limit: rowsPerPage,
    ...(outcome === undefined ? {} : { outcome }),
    ...(code === undefined ? {} : { code: code as NonNullable<Filter['code']> }),
    ...(status === undefined ? {} : { status: Number(status) }),
    ...(traceId === undefined ? {} : { traceId }),
    ...(certificateId ? { certificateId } : {}),
  }
}

function NoActivity({
  outcome,
  onClear,
  isTrace,
}: {
  outcome: ActivitySearch['outcome']
  /** Set where a filter may be the reason. */
  onClear: (() => void) | undefined
  isTrace: boolean
}) {
  const { environment } = useWorkspace()
  const icon = <IconActivity size={24} />
  if (onClear !== undefined)
    return (
      <EmptyState
        icon={icon}
        title="No event fits these filters"
        action={
          <Button variant="default" onClick={onClear}>
            Show all events
          </Button>
        }
      >
        <p>
          {isTrace
            ? 'Postern keeps the latest 200 events of each certificate. For an older trace ID, or one of another environment, ask the provider.'
            : 'Postern keeps the latest 200 events of each certificate.'}
        </p>
      </EmptyState>
    )
  if (outcome === 'denied')
    return (
      <EmptyState icon={icon} title="No denied requests">
        <p>Denied connections, token requests and calls appear here with their cause and what to do.</p>
      </EmptyState>
    )
  return (
    <EmptyState icon={icon} title="No activity yet">
      <p>
        {`Connections, token requests and calls to the ${environment.label} gateway appear here, including denied ones.`}
      </p>
    </EmptyState>
  )
}
