import type { ReactNode } from 'react'
import classes from './numbers.module.css'

interface NumbersProps {
  numbers: { label: string; value: ReactNode; note?: string }[]
  /** Whether changes are announced to screen readers. */
  live?: boolean
}

/** Shows a few key figures. */
export function Numbers({ numbers, live = false }: NumbersProps) {
  return (
    <dl className={classes.numbers} aria-live={live ? 'polite' : undefined}>
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
