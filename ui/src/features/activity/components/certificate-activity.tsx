import { IconActivity } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { LoadMore } from '../../../components/ui/load-more.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { certificateActivityQuery } from '../api/list-certificate-activity.ts'
import type { Followed } from '../use-followed-activity.ts'
import { ActivitySummary } from './activity-summary.tsx'
import { ActivityTable } from './activity-table.tsx'
import { ConnectionIndicator } from './connection-indicator.tsx'
import { type Rotation, RotationUsage } from './rotation-usage.tsx'

interface CertificateActivityProps {
  params: { organization: string; certificateId: string }
  followed: Followed
  /** The certificates that it replaces or that replace it. */
  rotation: Rotation | undefined
}

/**
 * Shows the gateway events of one certificate; events that arrive while the page is open appear at the top.
 */
export function CertificateActivity({ params, followed, rotation }: CertificateActivityProps) {
  const query = useInfiniteQuery(certificateActivityQuery(params))
  const listed = query.data?.pages.flatMap(({ items }) => items) ?? []
  const known = new Set(listed.map(({ id }) => id))
  // The list may be older than what has arrived since.
  const rows = [...followed.arrived.filter(({ id }) => !known.has(id)), ...listed]
  const fresh = new Set(followed.arrived.map(({ id }) => id))
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  return (
    <>
      {rows.length > 0 && <ActivitySummary params={params} />}
      {rotation && <RotationUsage organization={params.organization} {...rotation} />}
      <Panel
        title="Gateway events"
        description="Connections, token requests and calls with this certificate, newest first."
        actions={<ConnectionIndicator connection={followed.connection} />}
        flush
      >
        {query.isPending && <TableSkeleton what="what the gateway saw" />}
        {query.isSuccess && rows.length === 0 && (
          <EmptyState icon={<IconActivity size={24} />} title="Not seen yet">
            <p>
              The first call with this certificate appears here within two seconds. If it is denied, you see
              the cause and what to do.
            </p>
          </EmptyState>
        )}
        {rows.length > 0 && <ActivityTable rows={rows} fresh={fresh} />}
        <LoadMore query={query} />
      </Panel>
    </>
  )
}
