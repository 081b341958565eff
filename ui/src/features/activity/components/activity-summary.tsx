import type { ActivityView } from '../../../../../src/contract/activity.ts'
import { Panel } from '../../../components/ui/panel.tsx'
import { type Share, summarizeActivity } from '../summarize-activity.ts'
import classes from './activity-summary.module.css'
import { HourBars } from './hour-bars.tsx'

const mostShares = 4

/** Use at a glance: calls by hour, and what the newest rows have in common. */
export function ActivitySummary({ rows, callsByHour }: { rows: ActivityView[]; callsByHour: number[] }) {
  const { outcomes, tlsVersions, addresses } = summarizeActivity(rows)
  const newest = `of the newest ${rows.length}`
  return (
    <Panel>
      <div className={classes.grid}>
        <HourBars counts={callsByHour} />
        <Shares title="By outcome" note={newest} shares={outcomes} />
        <Shares title="By TLS version" note={newest} shares={tlsVersions} />
        <Shares title="Client addresses" note={newest} shares={addresses} />
      </div>
    </Panel>
  )
}

function Shares({ title, note, shares }: { title: string; note: string; shares: Share[] }) {
  const most = Math.max(1, ...shares.map(({ count }) => count))
  return (
    <section className={classes.shares} aria-label={title}>
      <h2>
        {title} <span>{note}</span>
      </h2>
      <ul>
        {shares.slice(0, mostShares).map(({ label, count, tone }) => (
          <li key={label} data-tone={tone}>
            <span className={classes.label}>{label}</span>
            <span className={classes.count}>{count}</span>
            <span className={classes.bar} style={{ width: `${(count / most) * 100}%` }} aria-hidden />
          </li>
        ))}
      </ul>
    </section>
  )
}
