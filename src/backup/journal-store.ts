import { sql } from 'kysely'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { isPostgres } from '../storage/engine.ts'
import { prepareQuery } from '../storage/prepare-query.ts'
import type { JournalEntry, JournalRow } from './journal-line.ts'
import { findJournalTable } from './journal-tables.ts'
import type { Value } from './table-lines.ts'

/** A changed row that the journal does not have yet. */
export interface NamedRow {
  sequence: number
  table: string
  key: string
  at: number
}

/** As many rows are read at once, so that a place that lacks many holds nothing up. */
export const blockSize = 500

const selectNamed = prepareQuery((queries, values: { after: number }) =>
  queries
    .selectFrom('journal')
    .selectAll()
    .where('sequence', '>', values.after)
    .orderBy('sequence')
    .limit(blockSize),
)

/** Returns the first `blockSize` rows, or fewer, that were changed after the number `after`, in order. */
export async function listNamedRows(tx: Tx, after: number): Promise<NamedRow[]> {
  const rows = await selectNamed(tx, { after })
  return rows.map(({ sequence, table_name: table, row_key: key, at }) => ({ sequence, table, key, at }))
}

/** Returns the highest number in the store, 0 if there is none. */
export async function findLastNumber(queries: Queries): Promise<number> {
  const row = await queries
    .selectFrom('journal')
    .select('sequence')
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.sequence ?? 0
}

/** Returns entries with the present content of the rows. */
export async function readEntries(tx: Tx, named: readonly NamedRow[]): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = []
  let previous: number | undefined
  for (const { sequence, table, key, at } of named) {
    previous ??= await findPrevious(tx, sequence)
    entries.push({ sequence, previous, at, table, key, row: await readRow(tx, table, key) })
    previous = sequence
  }
  return entries
}

async function findPrevious(tx: Tx, sequence: number): Promise<number> {
  const row = await tx
    .selectFrom('journal')
    .select('sequence')
    .where('sequence', '<', sequence)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.sequence ?? (sequence === 1 ? 0 : -1)
}

async function readRow(tx: Tx, name: string, key: string): Promise<JournalRow> {
  const table = findJournalTable(name)
  if (table === undefined) return null
  const { rows } = await sql<Record<string, Value>>`select * from ${sql.table(name)} where ${isRow(
    table.key,
    key,
  )}`.execute(tx)
  const [row] = rows
  if (row === undefined) return null
  const secret = table.secret ?? []
  return Object.fromEntries(Object.entries(row).filter(([column]) => !secret.includes(column)))
}

/** Returns the condition for the row with a key; values of keys have no blanks. */
export function isRow(columns: readonly string[], key: string) {
  const values = key.split(' ')
  const conditions = columns.map(
    (column, at) => sql`${sql.ref(column)} = ${column === 'partition' ? Number(values[at]) : values[at]}`,
  )
  return sql`(${sql.join(conditions, sql` and `)})`
}

/**
 * Lets the numbers of the store go on above `number`: those up to it are in a journal that the store has lost.
 */
export async function continueAbove(tx: Tx, number: number, now: number): Promise<void> {
  if ((await findLastNumber(tx)) >= number) return
  const values = sql`(${number}, 'restores', '', ${now})`
  const columns = sql`journal (sequence, table_name, row_key, at)`
  if (!isPostgres(tx)) await sql`insert into ${columns} values ${values}`.execute(tx)
  else {
    await sql`insert into ${columns} overriding system value values ${values}`.execute(tx)
    await sql`select setval(pg_get_serial_sequence('journal', 'sequence'), ${sql.lit(number)})`.execute(tx)
  }
}

/** Returns a database whose transactions call `before` at their end, and `after` with its result when they are saved. */
export const withEnd = <R>(
  database: Database,
  { before, after }: { before(tx: Tx): Promise<R>; after(result: R): void },
): Database => ({
  ...database,
  async transaction(work, options) {
    let found: R | undefined
    const result = await database.transaction(async (tx) => {
      const done = await work(tx)
      found = await before(tx)
      return done
    }, options)
    if (found !== undefined) after(found)
    return result
  },
})
