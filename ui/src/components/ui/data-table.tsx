import type { ReactNode } from 'react'
import classes from './data-table.module.css'

export interface Column<Row> {
  label: string
  /** Heading for those who hear the page only. */
  labelHidden?: boolean
  cell: (row: Row) => ReactNode
  align?: 'start' | 'end'
  width?: string
  /** Left out where the table stands as cards. */
  wideOnly?: boolean
}

interface DataTableProps<Row> {
  label: string
  columns: Column<Row>[]
  rows: Row[]
  keyOf: (row: Row) => string
  /** What stands under a row, when it is open. */
  below?: (row: Row) => ReactNode
  /** Rows that have just come in. */
  isFresh?: (row: Row) => boolean
  busy?: boolean
}

/** A table that becomes a list of cards where it has no room. The first column heads the card. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, keyOf, below, isFresh, busy = false } = props
  return (
    // The roles are said again, because a browser forgets them where styles make cards of rows.
    // biome-ignore lint/a11y/noRedundantRoles: see above
    <table className={classes.table} role="table" aria-label={label} aria-busy={busy}>
      {/* biome-ignore-start lint/a11y/noRedundantRoles: see above */}
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th
              key={column.label}
              role="columnheader"
              scope="col"
              data-align={column.align}
              style={{ width: column.width }}
            >
              <span className={column.labelHidden ? classes.hidden : undefined}>{column.label}</span>
            </th>
          ))}
        </tr>
      </thead>
      {rows.map((row) => (
        <tbody key={keyOf(row)} role="rowgroup" data-fresh={isFresh?.(row) ?? false}>
          <tr role="row">
            {columns.map((column) => (
              <td
                key={column.label}
                role="cell"
                data-align={column.align}
                data-label={column.labelHidden ? undefined : column.label}
                data-wide-only={column.wideOnly}
              >
                {column.cell(row)}
              </td>
            ))}
          </tr>
          {below?.(row) && (
            <tr role="row" className={classes.below}>
              <td role="cell" colSpan={columns.length}>
                {below(row)}
              </td>
            </tr>
          )}
        </tbody>
      ))}
      {/* biome-ignore-end lint/a11y/noRedundantRoles: see above */}
    </table>
  )
}
