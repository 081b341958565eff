import { SegmentedControl } from '@mantine/core'
import {
  type UsageBucket,
  type UsageRange,
  type UsageView,
  usageRanges,
} from '../../../../../src/contract/usage.ts'
import { getTotal, sumUsage, usageClasses } from '../usage-classes.ts'
import classes from './usage-chart.module.css'

const ranges: Record<UsageRange, { choice: string; words: string; from: string }> = {
  hour: { choice: 'Hour', words: 'the last hour', from: '1 h ago' },
  day: { choice: 'Day', words: 'the last 24 hours', from: '24 h ago' },
  month: { choice: '30 days', words: 'the last 30 days', from: '30 days ago' },
}

interface UsageChartProps {
  /** The title, if several charts are side by side. */
  title?: string
  range: UsageRange
  /** Called with a selected period; omitted if another chart next to it selects the period. */
  onRange?: (range: UsageRange) => void
  usage: Pick<UsageView, 'callCount' | 'deniedCount' | 'buckets'>
  /** The value of a full bar; its own maximum if undefined. */
  most?: number
}

/** Shows requests over time, each bar divided by status, the current period last. */
export function UsageChart({ title, range, onRange, usage, most: scale }: UsageChartProps) {
  const { callCount, deniedCount, buckets } = usage
  const sums = sumUsage(buckets)
  const most = scale ?? Math.max(1, ...buckets.map(getTotal))
  return (
    <figure className={classes.root}>
      <figcaption>
        <span>
          {title && `${title}: `}
          <strong>{callCount.toLocaleString('en')}</strong> {callCount === 1 ? 'call' : 'calls'} in{' '}
          {ranges[range].words}
          {deniedCount > 0 && `, and ${deniedCount.toLocaleString('en')} denied`}
        </span>
        {onRange && (
          <SegmentedControl
            size="xs"
            aria-label="Time shown"
            value={range}
            onChange={(value) => onRange(value as UsageRange)}
            data={usageRanges.map((value) => ({ value, label: ranges[value].choice }))}
          />
        )}
      </figcaption>
      <div
        className={classes.bars}
        role="img"
        aria-label={[title, describe(buckets)].filter(Boolean).join('. ')}
      >
        {buckets.map((bucket) => (
          <Bar key={bucket.start} bucket={bucket} most={most} />
        ))}
      </div>
      <div className={classes.ends} aria-hidden>
        <span>{ranges[range].from}</span>
        <span>now</span>
      </div>
      <ul className={classes.legend}>
        {usageClasses
          .filter(({ key }) => sums[key] > 0)
          .map(({ key, label }) => (
            <li key={key} data-class={key}>
              {label} <strong>{sums[key].toLocaleString('en')}</strong>
            </li>
          ))}
      </ul>
    </figure>
  )
}

function Bar({ bucket, most }: { bucket: UsageBucket; most: number }) {
  const total = getTotal(bucket)
  const title = `${total.toLocaleString('en')}, ${new Date(bucket.start).toLocaleString('en-GB')}`
  if (total === 0) return <span className={classes.bar} data-empty title={title} />
  return (
    <span className={classes.bar} title={title} style={{ height: `${Math.max(4, (total / most) * 100)}%` }}>
      {usageClasses
        .filter(({ key }) => bucket[key] > 0)
        .map(({ key }) => (
          <i key={key} data-class={key} style={{ flexGrow: bucket[key] }} />
        ))}
    </span>
  )
}

function describe(buckets: UsageBucket[]): string {
  const sums = sumUsage(buckets)
  const parts = usageClasses
    .filter(({ key }) => sums[key] > 0)
    .map(({ key, label }) => `${label}: ${sums[key].toLocaleString('en')}`)
  return parts.length === 0 ? 'No calls' : `Calls over time. ${parts.join(', ')}`
}
