import { sql } from 'kysely'
import type { Tx } from '../storage/database.ts'
import type { JournalEntry } from './journal-line.ts'
import { isRow } from './journal-store.ts'
import { type JournalTable, journalTables } from './journal-tables.ts'
import type { Value } from './table-lines.ts'

/** What came back from the journal. */
export interface Replayed {
  /** Rows that were changed, deleted or inserted again, by table. */
  rows: Record<string, number>
  /** Rows that could not be inserted: gateways deny what they are about. */
  skipped: string[]
}

/** Brings the rows of the journal back, each as its last entry has it. */
export async function replayJournal(tx: Tx, entries: readonly JournalEntry[]): Promise<Replayed> {
  const last = new Map(entries.map((entry) => [`${entry.table} ${entry.key}`, entry]))
  const replayed: Replayed = { rows: {}, skipped: [] }
  for (const table of journalTables) {
    const own = [...last.values()].filter((entry) => entry.table === table.name)
    for (const entry of own) {
      const outcome = await replayRow(tx, table, entry)
      if (outcome === 'skipped') replayed.skipped.push(`${table.name} ${entry.key}`)
      if (outcome === 'done') replayed.rows[table.name] = (replayed.rows[table.name] ?? 0) + 1
    }
  }
  await countPlaces(tx)
  return replayed
}

async function replayRow(
  tx: Tx,
  table: JournalTable,
  { key, row }: JournalEntry,
): Promise<'done' | 'absent' | 'skipped'> {
  const condition = isRow(table.key, key)
  const { rows } = await sql<
    Record<string, Value>
  >`select * from ${sql.table(table.name)} where ${condition}`.execute(tx)
  const [present] = rows
  if (row === null) {
    if (present === undefined || table.deletes === undefined) return 'absent'
    await sql`delete from ${sql.table(table.name)} where ${condition}`.execute(tx)
    return 'done'
  }
  if (present !== undefined) {
    await update(tx, table, condition, row)
    return 'done'
  }
  if (table.inserts === undefined) return 'absent'
  for (const { column, table: parent } of table.inserts)
    if (!(await has(tx, parent, row[column]))) return 'skipped'
  return insert(tx, table, row)
}

async function update(
  tx: Tx,
  { name, key, keeps = [], secret = [] }: JournalTable,
  condition: ReturnType<typeof isRow>,
  row: Record<string, Value>,
): Promise<void> {
  const changed = Object.entries(row).filter(([column]) => !key.includes(column) && !keeps.includes(column))
  const assignments = [
    ...changed.map(([column, value]) => sql`${sql.ref(column)} = ${value}`),
    // What it was replaced by is not known, and the old one must not be good again.
    ...secret.map((column) => sql`${sql.ref(column)} = null`),
  ]
  await sql`update ${sql.table(name)} set ${sql.join(assignments)} where ${condition}`.execute(tx)
}

async function has(tx: Tx, table: string, id: Value | undefined): Promise<boolean> {
  if (id === null || id === undefined) return true
  const { rows } = await sql`select 1 from ${sql.table(table)} where id = ${id}`.execute(tx)
  return rows.length > 0
}

/** A request that the backup has may be in the way of one that came after it had been cancelled. */
async function insert(
  tx: Tx,
  { name }: JournalTable,
  row: Record<string, Value>,
): Promise<'done' | 'skipped'> {
  const columns = Object.keys(row)
  const values = columns.map((column) => (column === 'replaces_id' ? null : row[column]))
  await sql`savepoint replayed`.execute(tx)
  try {
    await sql`insert into ${sql.table(name)} (${sql.join(columns.map((column) => sql.ref(column)))}) values (${sql.join(values)})`.execute(
      tx,
    )
    await sql`release savepoint replayed`.execute(tx)
    return 'done'
  } catch {
    await sql`rollback to savepoint replayed`.execute(tx)
    await sql`release savepoint replayed`.execute(tx)
    return 'skipped'
  }
}

/** How many certificates name a partition of a CRL is known by the certificates themselves. */
async function countPlaces(tx: Tx): Promise<void> {
  const named = sql`(select count(*) from certificates where certificates.issuer_id = revocation_lists.issuer_id
    and certificates.crl_partition = revocation_lists.partition)`
  await sql`update revocation_lists set places = ${named} where places < ${named}`.execute(tx)
}
