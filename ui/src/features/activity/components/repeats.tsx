import { Moment } from '../../../components/ui/moment.tsx'
import { exactTime } from '../../../lib/relative-time.ts'
import type { RepeatedActivity } from '../group-repeated.ts'
import classes from './repeats.module.css'

const maxTimes = 20

/** Shows when a gateway event happened, and how often if it was repeated. */
export function Repeats({ newest, rows }: RepeatedActivity) {
  if (rows.length === 1) return <Moment at={newest.at} />
  return (
    <span>
      <strong>{rows.length.toLocaleString('en')} times</strong>, last <Moment at={newest.at} />
    </span>
  )
}

/** Lists the times and trace IDs of events that repeat one. */
export function RepeatTimes({ rows }: RepeatedActivity) {
  if (rows.length === 1) return null
  return (
    <section aria-label="All of them" className={classes.root}>
      <ul>
        {rows.slice(0, maxTimes).map(({ id, at, traceId }) => (
          <li key={id}>
            {exactTime(new Date(at))} <code>{traceId}</code>
          </li>
        ))}
      </ul>
      {rows.length > maxTimes && <p>And {(rows.length - maxTimes).toLocaleString('en')} earlier ones.</p>}
    </section>
  )
}
