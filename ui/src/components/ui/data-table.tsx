import type { ReactNode } from 'react'
import classes from './data-table.module.css'

export interface Column<Row> {
  label: string
  /** The heading is for screen readers only. */
  labelHidden?: boolean
  cell: (row: Row) => ReactNode
  align?: 'start' | 'end'
  width?: string
  /**
   * Where the cell is in a card, which has a line with its label for each other cell: nowhere, beside the title, as a line
   * of text without its label, with another one on a line, or on the last line.
   */
  inCard?: 'none' | 'beside' | 'text' | 'half' | 'last'
}

interface DataTableProps<Row> {
  label: string
  columns: Column<Row>[]
  rows: Row[]
  keyOf: (row: Row) => string
  /** Returns what is shown below a row when it is expanded. */
  below?: (row: Row) => ReactNode
  /** Returns whether a row has just arrived. */
  isFresh?: (row: Row) => boolean
  busy?: boolean
}

/**
 * Shows a table that becomes a list of cards if there is no room. The first column is the title of the card.
 */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, keyOf, below, isFresh, busy = false } = props
  return (
    <div className={classes.room}>
      {/* Explicit roles, because a browser drops them if styles change the display of rows. */}
      {/* biome-ignore lint/a11y/noRedundantRoles: see above */}
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
                  data-in-card={column.inCard}
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
    </div>
  )
}
