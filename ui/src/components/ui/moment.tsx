import { exactTime, relativeTime } from '../../lib/relative-time.ts'
import { useNow } from '../../lib/use-now.ts'

/** Shows a relative time, exact on hover. `never` is shown if there is none. */
export function Moment({ at, never = 'Never' }: { at: string | null; never?: string }) {
  const now = useNow()
  if (at === null) return <span>{never}</span>
  const moment = new Date(at)
  return (
    <time dateTime={at} title={exactTime(moment)}>
      {relativeTime(moment, now)}
    </time>
  )
}
