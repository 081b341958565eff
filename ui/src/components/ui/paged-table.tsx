import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { type Column, DataTable } from './data-table.tsx'
import { ErrorNotice } from './error-notice.tsx'
import { LoadMore } from './load-more.tsx'
import classes from './paged-table.module.css'
import { Panel } from './panel.tsx'
import { TableSkeleton } from './table-skeleton.tsx'

interface PagedTableProps<Row> {
  query: UseInfiniteQueryResult<InfiniteData<{ items: Row[] }>>
  /** What is being loaded, in words. */
  what: string
  label: string
  columns: Column<Row>[]
  keyOf: (row: Row) => string
  /** Returns what is shown below a row when it is expanded. */
  below?: (row: Row) => ReactNode
  /** What stands there where no row fits. */
  empty: ReactNode
  /** The fields that filter the rows. */
  filter?: ReactNode
}

/** A table that is loaded page by page, with what is shown before its first row. */
export function PagedTable<Row>(props: PagedTableProps<Row>) {
  const { query, what, label, columns, keyOf, below, empty, filter } = props
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? []
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  return (
    <Panel flush>
      {filter && <div className={classes.filter}>{filter}</div>}
      {query.isPending && <TableSkeleton what={what} />}
      {query.isSuccess && rows.length === 0 && empty}
      {rows.length > 0 && (
        <DataTable
          label={label}
          columns={columns}
          rows={rows}
          keyOf={keyOf}
          {...(below === undefined ? {} : { below })}
          busy={query.isPlaceholderData}
        />
      )}
      <LoadMore query={query} />
    </Panel>
  )
}
