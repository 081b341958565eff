import { Skeleton, VisuallyHidden } from '@mantine/core'
import { Panel } from '../components/ui/panel.tsx'
import { TableSkeleton } from '../components/ui/table-skeleton.tsx'
import classes from './page-pending.module.css'

/** Shows a placeholder while a page loads. */
export function PagePending() {
  return (
    <div className={classes.root}>
      <VisuallyHidden role="status">Loading the page…</VisuallyHidden>
      <Skeleton height={26} width="14rem" />
      <Skeleton height={14} width="26rem" maw="100%" />
      <Panel flush>
        <TableSkeleton what="the page" />
      </Panel>
    </div>
  )
}
