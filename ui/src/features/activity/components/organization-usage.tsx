import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { UsageRange } from '../../../../../src/contract/usage.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { usageQuery } from '../api/get-usage.ts'
import { UsageChart } from './usage-chart.tsx'

/** Shows the requests of all certificates over time, by status. */
export function OrganizationUsage() {
  const { params } = useWorkspace()
  const [range, setRange] = useState<UsageRange>('day')
  const query = useQuery(usageQuery(params, range))
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.data === undefined) return null
  return (
    <Panel>
      <UsageChart range={range} onRange={setRange} usage={query.data} />
    </Panel>
  )
}
