import type { ReactNode } from 'react'
import classes from './description-list.module.css'

/** Shows names and values in two columns; in one column if there is no room. */
export function DescriptionList({ children, columns = 1 }: { children: ReactNode; columns?: 1 | 2 }) {
  return (
    <dl className={classes.facts} data-columns={columns}>
      {children}
    </dl>
  )
}

/** Shows one name with its value. */
export function DescriptionItem({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}
