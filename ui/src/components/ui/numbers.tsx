import type { ReactNode } from 'react'
import classes from './numbers.module.css'

/** Shows a few key figures. */
export function Numbers({ numbers }: { numbers: { label: string; value: ReactNode; note?: string }[] }) {
  return (
    <dl className={classes.numbers}>
      {numbers.map(({ label, value, note }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            {value} {note && <span>{note}</span>}
          </dd>
        </div>
      ))}
    </dl>
  )
}
