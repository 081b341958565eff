import { Kysely, sql } from 'kysely'
import { isStoreUnavailable } from './engine.ts'
import { groupTransactions } from './group-transactions.ts'
import { createStoreGuard, type StoreGuard } from './guard-store.ts'
import { listenPostgres } from './listen-postgres.ts'
import type { StorageLocation } from './location.ts'
import { holdFirst } from './lock-order.ts'
import { createNodeSqliteDialect } from './node-sqlite.ts'
import { openPostgres } from './open-postgres.ts'
import { openThreadReader } from './read-in-thread.ts'
import { joinRequestChanges } from './request-change.ts'
import { retryConflicts } from './retry-conflicts.ts'
import type { Schema } from './schema.ts'
import { postgresWaits, type StorageLimits, sqliteWaits } from './storage-limits.ts'
import { takeTurns } from './take-turns.ts'
import type { Queries, Transact } from './transact.ts'
import { type Hearing, watchSqlite } from './wake-up.ts'

/**
 * Changes wait for each other in the store: more of them in parallel would only hold connections that readers
 * need, and be queued before the changes of others.
 */
const recordingAtOnce = 2

/** The open store. */
export interface Database {
  engine: 'sqlite' | 'postgres'
  queries: Queries
  /**
   * The same store, for queries outside of a transaction that read many rows: they block no other work of
   * this process, on SQLite by a separate thread.
   */
  aside: Queries
  /** The same store, for migrations, which may hold a lock for minutes and have no time limit. */
  patient: Queries
  /**
   * Runs `work` in one transaction: all of it happens, or nothing. It must not use `queries`: on SQLite a
   * change outside would wait for the end of this transaction, and a read outside sees the state before it.
   * If PostgreSQL rolls it back in favor of another transaction, it is run again, so it must do nothing
   * outside of the store.
   */
  transaction: Transact
  /**
   * Calls `wake` soon after another process has committed. Calls may be lost or superfluous; the caller reads
   * new changes by version. `onHearing` is told whether there will be calls, whenever that changes. Returns the
   * function that stops it.
   */
  watch(wake: () => void, onHearing?: (hearing: Hearing) => void): Promise<() => Promise<void>>
  close(): Promise<void>
}

export type { StorageLocation } from './location.ts'
export type { Queries, Tx } from './transact.ts'

/**
 * Opens the store. `migrate` creates the tables. Throws `config_invalid` if its URL is not a PostgreSQL URL.
 * A query to an unavailable or locked store fails after its time limit; see `StorageWaits`.
 */
export async function openDatabase(
  location: StorageLocation,
  { poolSize = 10, waits = {}, watch }: StorageLimits = {},
): Promise<Database> {
  const guard = createStoreGuard(watch)
  if (location.engine === 'sqlite') return openSqlite(location.path, waits.lock ?? sqliteWaits.lock, guard)
  const { url } = location
  const own = { ...postgresWaits, ...waits }
  const { queries, aside, patient, sessions, close } = openPostgres(location, poolSize, own, guard)
  return {
    engine: 'postgres',
    queries,
    aside,
    patient,
    transaction: joinRequestChanges(transactOn(queries, patient)),
    watch(wake, onHearing = () => {}) {
      const note = (hearing: Hearing) => {
        // A session that hears is not one that a pooler gives to somebody else after each transaction.
        sessions.isExclusive = hearing === 'yes'
        onHearing(hearing)
      }
      return listenPostgres(
        url,
        { wake, onHearing: note, notify: (channel) => notify(queries, channel) },
        own,
      )
    },
    close,
  }
}

const notify = (queries: Queries, channel: string) => sql`select pg_notify(${channel}, '')`.execute(queries)

async function openSqlite(path: string, lockMs: number, guard: StoreGuard): Promise<Database> {
  const dialect = guard.dialect(await createNodeSqliteDialect(path, lockMs))
  const queries = new Kysely<Schema>({ dialect })
  // An in-memory database belongs to one connection.
  const aside = path === ':memory:' ? queries : openThreadReader(path, dialect, lockMs, guard)
  return {
    engine: 'sqlite',
    queries,
    aside,
    patient: queries,
    transaction: joinRequestChanges(groupTransactions(queries, lockMs)),
    async watch(wake, onHearing = () => {}) {
      onHearing('yes')
      return watchSqlite(path, wake)
    },
    async close() {
      await aside.destroy()
      await queries.destroy()
    },
  }
}

/**
 * Returns a function that runs transactions again after a conflict, and limits how many record changes
 * concurrently.
 */
function transactOn(queries: Queries, patient: Queries): Transact {
  const inTurn = takeTurns(recordingAtOnce, isStoreUnavailable)
  return (work, { records = true, once = false } = {}) => {
    const attempt = () =>
      (once ? patient : queries).transaction().execute(async (tx) => {
        await holdFirst(tx, records)
        return work(tx)
      })
    const run = () => (once ? attempt() : retryConflicts(attempt))
    return records ? inTurn(run) : run()
  }
}
