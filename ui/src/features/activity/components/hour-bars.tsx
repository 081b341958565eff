import classes from './hour-bars.module.css'

/** Calls of the last 24 hours, a bar an hour, the present one at the end. */
export function HourBars({ counts }: { counts: number[] }) {
  const most = Math.max(1, ...counts)
  const calls = counts.reduce((sum, count) => sum + count, 0)
  return (
    <figure className={classes.root}>
      <figcaption>
        <strong>{calls.toLocaleString('en')}</strong> {calls === 1 ? 'call' : 'calls'} in the last 24 hours
      </figcaption>
      <div
        className={classes.bars}
        role="img"
        aria-label={`Calls by hour, the busiest with ${Math.max(...counts).toLocaleString('en')}`}
      >
        {counts.map((count, index) => {
          const hours = counts.length - 1 - index
          const when = hours === 0 ? 'this hour' : `${hours} h ago`
          return (
            <span
              // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place in the row
              key={index}
              title={`${count.toLocaleString('en')}, ${when}`}
              data-empty={count === 0}
              style={{ height: count === 0 ? '2px' : `${Math.max(4, (count / most) * 100)}%` }}
            />
          )
        })}
      </div>
      <div className={classes.ends} aria-hidden>
        <span>24 h ago</span>
        <span>now</span>
      </div>
    </figure>
  )
}
