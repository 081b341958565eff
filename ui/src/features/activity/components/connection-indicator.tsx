import type { Connection } from '../../../lib/use-event-stream.ts'
import classes from './connection-indicator.module.css'

const words: Record<Connection, string> = {
  connecting: 'Connecting…',
  live: 'Live',
  interrupted: 'Interrupted; trying again…',
}

/** Shows whether the page is currently connected to the event stream. */
export function ConnectionIndicator({ connection }: { connection: Connection }) {
  return (
    <span className={classes.sign} data-connection={connection}>
      <span className={classes.dot} aria-hidden />
      {words[connection]}
    </span>
  )
}
