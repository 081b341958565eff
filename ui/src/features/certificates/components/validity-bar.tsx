import { daysLeft, daysLeftText } from '../../../lib/days-left.ts'
import { exactTime, getDay } from '../../../lib/relative-time.ts'
import { useNow } from '../../../lib/use-now.ts'
import classes from './validity-bar.module.css'

/** Shows the validity period of a certificate as a bar: elapsed and remaining time. */
export function ValidityBar({
  notBefore,
  notAfter,
  ended,
}: {
  notBefore: string
  notAfter: string
  /** The date of the revocation, which ends the validity early. */
  ended?: string | undefined
}) {
  const now = useNow()
  const begin = new Date(notBefore)
  const end = new Date(notAfter)
  const { days, urgency } = daysLeft(end, now)
  const until = ended === undefined ? now : new Date(ended)
  const share = (until.getTime() - begin.getTime()) / (end.getTime() - begin.getTime())
  const percent = Math.min(100, Math.max(0, share * 100))
  const left = ended === undefined ? daysLeftText(days) : `revoked on ${getDay(new Date(ended))}`
  return (
    <div className={classes.root}>
      <div className={classes.bar} data-urgency={ended === undefined ? urgency : 'over'} aria-hidden>
        <span style={{ width: `${percent}%` }} />
      </div>
      <div className={classes.ends}>
        <time dateTime={notBefore} title={exactTime(begin)}>
          {getDay(begin)}
        </time>
        <strong data-urgency={ended === undefined ? urgency : 'over'}>{left}</strong>
        <time dateTime={notAfter} title={exactTime(end)}>
          {getDay(end)}
        </time>
      </div>
    </div>
  )
}
