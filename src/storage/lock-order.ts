import { sql } from 'kysely'
import { isPostgres } from './engine.ts'
import type { Tx } from './transact.ts'

/**
 * Locks that one transaction at a time can hold. The numbers name PostgreSQL's advisory locks, and their
 * order is the order in which every transaction takes them, so that no two transactions wait for each other.
 */
export const locks = {
  /**
   * Work that may take long before it records anything, and must not happen twice: creation of CA keys,
   * possibly in a token.
   */
  makeKeys: 0x504f5300,
  /**
   * Audit log and change log: every transaction that records anything holds this lock from its first
   * statement on.
   */
  record: 0x504f5301,
  authority: 0x504f5302,
  activity: 0x504f5303,
  seenKeys: 0x504f5304,
  /** Failed attempts, which no other transaction touches. */
  attempts: 0x504f5305,
} as const

type Lock = (typeof locks)[keyof typeof locks]

const held = new WeakMap<Tx, Set<Lock>>()

/**
 * Starts tracking the locks of `tx`; a transaction that `records` takes the record lock before it touches a
 * row. So no change holds a row while it waits for another change, whatever rows the two touch and in which
 * order.
 */
export async function holdFirst(tx: Tx, records: boolean): Promise<void> {
  held.set(tx, new Set())
  if (records) await take(tx, locks.record)
}

/**
 * Waits until no other transaction holds `lock`, and holds it until this one ends. SQLite has one writer
 * anyway; the order is enforced there too. Throws if the transaction holds a later lock, or has not begun
 * with the record lock; a transaction that holds `makeKeys`, and no row, may take that later.
 */
export async function takeLock(tx: Tx, lock: Lock): Promise<void> {
  const present = held.get(tx)
  if (present?.has(lock)) return
  if (present === undefined || (lock === locks.record && !present.has(locks.makeKeys)))
    throw new Error('A transaction that records a change has to begin with the record lock.')
  if ([...present].some((other) => other > lock))
    throw new Error('Locks have to be taken in the order of their numbers.')
  await take(tx, lock)
}

async function take(tx: Tx, lock: Lock): Promise<void> {
  if (isPostgres(tx)) await sql`select pg_advisory_xact_lock(${lock})`.execute(tx)
  held.get(tx)?.add(lock)
}
