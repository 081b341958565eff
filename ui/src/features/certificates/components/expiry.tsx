import { daysLeft, daysLeftText } from '../../../lib/days-left.ts'
import { exactTime, getDay } from '../../../lib/relative-time.ts'
import { useNow } from '../../../lib/use-now.ts'
import classes from './expiry.module.css'

/** Shows the expiry of a certificate: the date, and the remaining days in a color for their urgency. */
export function Expiry({ notAfter, ended = false }: { notAfter: string | null; ended?: boolean }) {
  const now = useNow()
  if (notAfter === null) return <span className={classes.none}>Not issued</span>
  const end = new Date(notAfter)
  const { days, urgency } = daysLeft(end, now)
  return (
    <span className={classes.root}>
      <time dateTime={notAfter} title={exactTime(end)}>
        {getDay(end)}
      </time>
      {!ended && (
        <span className={classes.left} data-urgency={urgency}>
          {daysLeftText(days)}
        </span>
      )}
    </span>
  )
}
