import type { ReactNode } from 'react'
import classes from './facts.module.css'

/** Names and values in two columns; one column where there is no room. */
export function Facts({ children, columns = 1 }: { children: ReactNode; columns?: 1 | 2 }) {
  return (
    <dl className={classes.facts} data-columns={columns}>
      {children}
    </dl>
  )
}

/** One name with its value. */
export function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}
