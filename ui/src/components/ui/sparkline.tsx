import { VisuallyHidden } from '@mantine/core'
import classes from './sparkline.module.css'

const height = 24
const step = 4

/** Shows counts over time as small bars, oldest first; `summary` describes them in words. */
export function Sparkline({ counts, summary }: { counts: number[]; summary: string }) {
  const most = Math.max(1, ...counts)
  const width = counts.length * step
  return (
    <span className={classes.root} title={summary}>
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden>
        {counts.map((count, index) => {
          const length = count === 0 ? 1 : Math.max(2, (count / most) * height)
          return (
            <rect
              // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place in the row
              key={index}
              x={index * step}
              y={height - length}
              width={step - 1}
              height={length}
              rx={0.75}
              className={count === 0 ? classes.none : classes.bar}
            />
          )
        })}
      </svg>
      <VisuallyHidden>{summary}</VisuallyHidden>
    </span>
  )
}
