import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { UsageRange, UsageView } from '../../../../../src/contract/usage.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { certificateUsageQuery } from '../api/get-certificate-usage.ts'
import classes from './activity-summary.module.css'
import { UsageChart } from './usage-chart.tsx'

const maxShares = 5

/** Shows a summary of a certificate's use: requests over time by status, TLS versions, client clientAddresses. */
export function ActivitySummary({ params }: { params: { organization: string; certificateId: string } }) {
  const [range, setRange] = useState<UsageRange>('day')
  const query = useQuery(certificateUsageQuery(params, range))
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.data === undefined) return null
  const { tlsVersions, clientAddresses } = query.data
  return (
    <Panel>
      <div className={classes.grid}>
        <UsageChart range={range} onRange={setRange} usage={query.data} />
        <Shares title="TLS versions" shares={tlsVersions} />
        <Shares title="Client addresses" shares={clientAddresses} />
      </div>
    </Panel>
  )
}

function Shares({ title, shares }: { title: string; shares: UsageView['clientAddresses'] }) {
  const most = Math.max(1, ...shares.map(({ count }) => count))
  return (
    <section className={classes.shares} aria-label={title}>
      <h2>{title}</h2>
      <ul>
        {shares.slice(0, maxShares).map(({ value, count, lastAt }) => (
          <li key={value} data-tone="neutral">
            <span className={classes.label}>
              {value === 'other' ? 'Others' : value} · <Moment at={lastAt} />
            </span>
            <span className={classes.count}>{count.toLocaleString('en')}</span>
            <span className={classes.bar} style={{ width: `${(count / most) * 100}%` }} aria-hidden />
          </li>
        ))}
      </ul>
    </section>
  )
}
