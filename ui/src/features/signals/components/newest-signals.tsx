import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { TextLink } from '../../../components/ui/links.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { newestSignalsQuery } from '../api/signals.ts'

// Most overviews have none.
const SignalList = lazy(async () => ({ default: (await import('./signal-list.tsx')).SignalList }))

/** Shows the newest signals on the Overview; nothing while there are none. */
export function NewestSignals() {
  const { params } = useWorkspace()
  const { data } = useQuery(newestSignalsQuery(params))
  if (data === undefined || data.items.length === 0) return null
  return (
    <Panel
      title="Signals"
      description="Things that may be forgotten. None is urgent."
      flush
      actions={
        <TextLink size="sm" to="/o/$organization/$environment/signals" params={params}>
          See all signals
        </TextLink>
      }
    >
      <Suspense fallback={null}>
        <SignalList signals={data.items} />
      </Suspense>
    </Panel>
  )
}
