import { SegmentedControl } from '@mantine/core'
import type { ReactNode } from 'react'
import { type DenialCountView, type DenialRange, denialRanges } from '../../../../../src/contract/denial.ts'
import { formatCount } from '../../../../../src/contract/format-count.ts'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import classes from './denial-causes.module.css'

const names: Record<DenialRange, string> = { day: 'Day', week: 'Week', month: 'Month' }

/**
 * Shows denied requests grouped by cause, the most frequent first; `nameOf` returns the title and link of
 * each.
 */
export function DenialCauses({
  counts,
  range,
  onRange,
  withOrganizations = false,
  nameOf,
}: {
  counts: DenialCountView[]
  /** Undefined where days were chosen. */
  range: DenialRange | undefined
  onRange: (range: DenialRange) => void
  /** Whether the number of affected organizations is shown. */
  withOrganizations?: boolean
  nameOf: (count: DenialCountView) => ReactNode
}) {
  const most = Math.max(1, ...counts.map(({ count }) => count))
  return (
    <Panel
      title="Denied requests by cause"
      actions={
        range !== undefined && (
          <SegmentedControl
            aria-label="Time"
            size="xs"
            data={denialRanges.map((value) => ({ value, label: names[value] }))}
            value={range}
            onChange={(value) => onRange(value as DenialRange)}
          />
        )
      }
    >
      {counts.length === 0 ? (
        <p className={classes.none}>No request was denied in this period.</p>
      ) : (
        <ul className={classes.list}>
          {counts.map((each) => (
            <li key={each.code}>
              <span className={classes.name}>{nameOf(each)}</span>
              <span className={classes.note}>
                {withOrganizations && `${organizationsText(each.organizationCount)}, `}
                {each.unprovenCount > 0 && `${each.unprovenCount.toLocaleString('en')} unproven, `}last{' '}
                <Moment at={each.lastAt} />
              </span>
              <span className={classes.count}>{each.count.toLocaleString('en')}</span>
              <span className={classes.bar} style={{ width: `${(each.count / most) * 100}%` }} aria-hidden />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

const organizationsText = (organizations: number): string => {
  if (organizations === 0) return 'unidentified clients'
  return formatCount(organizations, 'organization')
}
