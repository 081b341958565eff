import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { UsageRange, UsageView } from '../../../../../src/contract/usage.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { certificateUsageQuery } from '../api/get-certificate-usage.ts'
import { lastSeen } from '../last-seen.ts'
import { getTotal } from '../usage-classes.ts'
import classes from './rotation-usage.module.css'
import { UsageChart } from './usage-chart.tsx'

/** A certificate and its replacement. */
export interface Rotation {
  old: { id: string; name: string }
  next: { id: string; name: string }
}

/** Shows how requests move from a certificate to its replacement: both over time, in one scale. */
export function RotationUsage({ organization, old, next }: Rotation & { organization: string }) {
  const [range, setRange] = useState<UsageRange>('month')
  const before = useQuery(certificateUsageQuery({ organization, certificateId: old.id }, range))
  const after = useQuery(certificateUsageQuery({ organization, certificateId: next.id }, range))
  const failed = [before, after].find(({ isError }) => isError)
  if (failed) return <ErrorNotice error={failed.error} onRetry={failed.refetch} />
  if (before.data === undefined || after.data === undefined) return null
  const most = Math.max(1, ...[before.data, after.data].flatMap(({ buckets }) => buckets.map(getTotal)))
  return (
    <Panel title="Rotation" description={<RotationProgress old={old} usage={before.data} />}>
      <div className={classes.pair}>
        <UsageChart title={old.name} range={range} buckets={before.data.buckets} most={most} />
        <UsageChart
          title={next.name}
          range={range}
          onRange={setRange}
          buckets={after.data.buckets}
          most={most}
        />
      </div>
    </Panel>
  )
}

const spans: Record<UsageRange, string> = { hour: 'hour', day: '24 hours', month: '30 days' }

/** Shows whether any client still uses the old one. */
function RotationProgress({ old, usage }: { old: Rotation['old']; usage: UsageView }) {
  const last = lastSeen(usage)
  if (last === undefined)
    return (
      <>
        Nothing has come with {old.name} in the last {spans[usage.range]}.
        {usage.range === 'month' && ' It can be revoked.'}
      </>
    )
  return (
    <>
      {old.name} was last seen <Moment at={last} />. Revoke it once that is longer ago than your slowest job
      waits.
    </>
  )
}
