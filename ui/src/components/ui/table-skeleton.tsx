import { Skeleton, VisuallyHidden } from '@mantine/core'
import classes from './table-skeleton.module.css'

/** Shows a placeholder while the rows of a table load. `what` is for screen readers. */
export function TableSkeleton({ rows = 5, what }: { rows?: number; what: string }) {
  return (
    <div className={classes.root}>
      <VisuallyHidden role="status">Loading {what}…</VisuallyHidden>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a placeholder is its place
        <div key={row} className={classes.row}>
          <Skeleton height={12} width="22%" />
          <Skeleton height={12} width="34%" />
          <Skeleton height={12} width="12%" />
          <Skeleton height={12} width="14%" />
        </div>
      ))}
    </div>
  )
}
