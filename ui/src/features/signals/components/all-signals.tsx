import { IconBulb } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { LoadMore } from '../../../components/ui/load-more.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { signalsQuery } from '../api/signals.ts'
import { SignalList } from './signal-list.tsx'

const words = {
  open: {
    title: 'Open',
    empty: 'Nothing seems to be forgotten',
    text: 'Postern looks for unused certificates, old client secrets and more, every few minutes.',
  },
  dismissed: {
    title: 'Dismissed',
    empty: 'Nothing is dismissed',
    text: 'Signals that you do not want to see again are kept here.',
  },
}

/** Shows the signals that hold, or those that were dismissed, newest first. */
export function AllSignals({ state }: { state: 'open' | 'dismissed' }) {
  const { params } = useWorkspace()
  const query = useInfiniteQuery(signalsQuery(params, state))
  const signals = query.data?.pages.flatMap(({ items }) => items) ?? []
  const { title, empty, text } = words[state]
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  return (
    <Panel title={title} flush>
      {query.isPending && <TableSkeleton what="the signals" />}
      {query.isSuccess && signals.length === 0 && (
        <EmptyState icon={<IconBulb size={24} />} title={empty}>
          <p>{text}</p>
        </EmptyState>
      )}
      {signals.length > 0 && <SignalList signals={signals} />}
      <LoadMore query={query} />
    </Panel>
  )
}
