import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { CertificateStatus } from '../../../../../src/contract/certificate.ts'
import type { UsageRange, UsageView } from '../../../../../src/contract/usage.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { certificateUsageQuery } from '../api/get-certificate-usage.ts'
import { lastSeen } from '../last-seen.ts'
import { getTotal } from '../usage-classes.ts'
import classes from './rotation-usage.module.css'
import { UsageChart } from './usage-chart.tsx'

type Rotated = { id: string; name: string; status: CertificateStatus }

/** A certificate and its replacement. */
export interface Rotation {
  old: Rotated
  next: Rotated
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
    <Panel
      title="Rotation"
      description={<RotationProgress old={old} next={next} before={before.data} after={after.data} />}
    >
      <div className={classes.pair}>
        <UsageChart title={old.name} range={range} usage={before.data} most={most} />
        <UsageChart title={next.name} range={range} onRange={setRange} usage={after.data} most={most} />
      </div>
    </Panel>
  )
}

const spans: Record<UsageRange, string> = { hour: 'hour', day: '24 hours', month: '30 days' }

interface RotationProgressProps extends Rotation {
  before: UsageView
  after: UsageView
}

/** Says whether the replacement works and any client still uses the old certificate. */
function RotationProgress({ old, next, before, after }: RotationProgressProps) {
  if (old.status !== 'issued') return `${old.name} is ${old.status}.`
  if (next.status !== 'issued')
    return `${next.name} is ${next.status}, so it cannot replace ${old.name}. Keep ${old.name} until a replacement works.`
  if (after.lastUsedAt === null)
    return `The gateway has not accepted ${next.name} yet. Keep ${old.name} until it has.`
  const last = lastSeen(before)
  if (last === undefined)
    return (
      <>
        No calls with {old.name} in the last {spans[before.range]}. <RotationLink id={old.id} />
      </>
    )
  return (
    <>
      {old.name} was last seen <Moment at={last} />. <RotationLink id={old.id} />
    </>
  )
}

function RotationLink({ id }: { id: string }) {
  const { params } = useWorkspace()
  return (
    <TextLink
      to="/o/$organization/$environment/certificates/$certificateId/rotation"
      params={{ ...params, certificateId: id }}
    >
      See whether it is safe to retire
    </TextLink>
  )
}
