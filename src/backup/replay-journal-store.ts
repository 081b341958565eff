import { sql } from 'kysely'
import type { Tx } from '../storage/database.ts'
import { isUniqueViolation } from '../storage/engine.ts'
import type { JournalEntry } from './journal-line.ts'
import { isRow } from './journal-store.ts'
import { type JournalTable, journalTables } from './journal-tables.ts'
import type { Value } from './table-lines.ts'

/** What came back from the journal. */
export interface Replayed {
  /** Rows that were changed, deleted or inserted again, by table. */
  rows: Record<string, number>
  /**
   * Rows that could not be brought back: gateways deny what an absent one is about, and a user who is not as the journal
   * says cannot sign in.
   */
  skipped: string[]
}

/** Brings the rows of the journal back, each as its last entry has it. */
export async function replayJournal(tx: Tx, entries: readonly JournalEntry[]): Promise<Replayed> {
  const last = new Map(entries.map((entry) => [`${entry.table} ${entry.key}`, entry]))
  const replayed: Replayed = { rows: {}, skipped: [] }
  for (const table of journalTables) {
    const own = [...last.values()].filter((entry) => entry.table === table.name)
    const { done, skipped } = await replayRows(tx, table, own)
    if (done > 0) replayed.rows[table.name] = done
    replayed.skipped.push(...skipped.map(({ key }) => `${table.name} ${key}`))
  }
  await countPlaces(tx)
  await raiseNumbers(tx)
  return replayed
}

/** A value that must be unique may be in the way until the row that had it is replayed: such rows are tried again. */
async function replayRows(
  tx: Tx,
  table: JournalTable,
  entries: readonly JournalEntry[],
): Promise<{ done: number; skipped: readonly JournalEntry[] }> {
  let done = 0
  let open = entries
  for (let isMoving = true; isMoving && open.length > 0; ) {
    const skipped: JournalEntry[] = []
    for (const entry of open) {
      const outcome = await replayRow(tx, table, entry)
      if (outcome === 'skipped') skipped.push(entry)
      if (outcome === 'done') done += 1
    }
    isMoving = skipped.length < open.length
    open = skipped
  }
  for (const entry of open) await closeRow(tx, table, entry)
  return { done, skipped: open }
}

/** What a row would let in that could not be brought to its newer state is taken away. */
async function closeRow(tx: Tx, { name, key, secret = [] }: JournalTable, entry: JournalEntry) {
  const assignments = secret.map((column) => sql`${sql.ref(column)} = null`)
  if (name === 'users') assignments.push(sql`deactivated_at = coalesce(deactivated_at, ${entry.at})`)
  if (assignments.length === 0) return
  const condition = isRow(key, entry.key)
  await sql`update ${sql.table(name)} set ${sql.join(assignments)} where ${condition}`.execute(tx)
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
  if (present !== undefined) return attempt(tx, () => update(tx, table, condition, row), isUniqueViolation)
  if (table.inserts === undefined) return 'absent'
  // It was at its end, and what it had looked for is forgotten: it cannot begin again.
  if (table.name === 'erasures' && row.texts === null) return 'skipped'
  for (const { column, table: parent, mayBeAbsent } of table.inserts)
    if (!(await has(tx, parent, row[column]))) return mayBeAbsent ? 'absent' : 'skipped'
  return attempt(tx, () => insert(tx, table, row))
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
async function insert(tx: Tx, { name }: JournalTable, row: Record<string, Value>): Promise<void> {
  const columns = Object.keys(row)
  const values = columns.map((column) => (column === 'replaces_id' ? null : row[column]))
  await sql`insert into ${sql.table(name)} (${sql.join(columns.map((column) => sql.ref(column)))}) values (${sql.join(values)})`.execute(
    tx,
  )
}

/** Does `work`, or undoes it where it fails with an error that may be skipped. */
async function attempt(
  tx: Tx,
  work: () => Promise<void>,
  maySkip: (error: unknown) => boolean = () => true,
): Promise<'done' | 'skipped'> {
  await sql`savepoint replayed`.execute(tx)
  try {
    await work()
    await sql`release savepoint replayed`.execute(tx)
    return 'done'
  } catch (error) {
    if (!maySkip(error)) throw error
    await sql`rollback to savepoint replayed`.execute(tx)
    await sql`release savepoint replayed`.execute(tx)
    return 'skipped'
  }
}

/**
 * Numbers go on after the highest of what came back: between two restores within a short time more certificates may have
 * been created than seconds passed, by which a new epoch moves on.
 */
async function raiseNumbers(tx: Tx): Promise<void> {
  const highest = sql`(select max(certificates.number) from certificates
    where certificates.organization_id = organizations.id)`
  await sql`update organizations set next_certificate_number = ${highest} + 1
    where next_certificate_number <= ${highest}`.execute(tx)
}

/** How many certificates name a partition of a CRL is known by the certificates themselves. */
async function countPlaces(tx: Tx): Promise<void> {
  const named = sql`(select count(*) from certificates where certificates.issuer_id = revocation_lists.issuer_id
    and certificates.crl_partition = revocation_lists.partition)`
  await sql`update revocation_lists set places = ${named} where places < ${named}`.execute(tx)
}
