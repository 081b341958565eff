import type { Socket } from 'node:net'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { PosternError } from '../errors.ts'
import { groupTransactions } from './group-transactions.ts'
import { holdFirst } from './lock-order.ts'
import { busyMilliseconds, createNodeSqliteDialect } from './node-sqlite.ts'
import { openAside } from './read-aside.ts'
import { retryConflicts } from './retry-conflicts.ts'
import type { Schema } from './schema.ts'
import { takeTurns } from './take-turns.ts'
import type { Queries, Transact } from './transact.ts'
import { watchPostgres, watchSqlite } from './wake-up.ts'

/**
 * Changes wait for each other in the store: more of them at a time would do nothing but hold connections that those
 * who read need, and stand in line before the changes of others.
 */
const recordingAtOnce = 2

/** Where the store is: a SQLite file, or a PostgreSQL URL (a secret: it may hold a password). */
export type StorageLocation = { engine: 'sqlite'; path: string } | { engine: 'postgres'; url: string }

/** Limits for PostgreSQL; SQLite needs none. */
export interface StorageLimits {
  /** Connections, at most; 10 where not given. */
  poolSize?: number
  /** After how long a query fails and its connection is given up; never where not given. */
  queryTimeoutSeconds?: number
}

/** The open store. */
export interface Database {
  engine: 'sqlite' | 'postgres'
  queries: Queries
  /**
   * The same store, for what reads many rows and stands outside of a transaction: it holds up nobody else in this
   * process, on SQLite by a thread of its own.
   */
  aside: Queries
  /**
   * Runs `work` in one transaction: all of it happens, or nothing. It must not use `queries`: on SQLite a change
   * outside would wait for the end of this transaction, and what is read outside is what was before it. Where
   * PostgreSQL undoes it for the sake of another transaction it is run again: it must do nothing outside of the store.
   */
  transaction: Transact
  /**
   * Calls `wake` soon after another process has committed. A wake-up may be lost or come for
   * nothing; whoever uses it reads what is new by version. Gives the function that stops it.
   */
  watch(wake: () => void): Promise<() => Promise<void>>
  close(): Promise<void>
}

export type { Queries, Tx } from './transact.ts'

// Moments in milliseconds and counters stay far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

/** Opens the store. The tables are made by `migrate`. */
export async function openDatabase(location: StorageLocation, limits: StorageLimits = {}): Promise<Database> {
  return location.engine === 'sqlite' ? openSqlite(location.path) : openPostgres(location.url, limits)
}

function openSqlite(path: string): Database {
  const dialect = createNodeSqliteDialect(path)
  const queries = new Kysely<Schema>({ dialect })
  // Memory belongs to one connection.
  const aside = path === ':memory:' ? queries : openAside(path, dialect, busyMilliseconds)
  return {
    engine: 'sqlite',
    queries,
    aside,
    transaction: groupTransactions(queries),
    watch: async (wake) => watchSqlite(path, wake),
    async close() {
      await aside.destroy()
      await queries.destroy()
    },
  }
}

/** Throws `config_invalid`; the words hold nothing of the URL, which may have a password in it. */
function assertPostgresUrl(connectionString: string): void {
  try {
    if (!/^(?:postgres(?:ql)?:\/\/|socket:|\/)/i.test(connectionString)) throw new Error('another scheme')
    // It reads the URL, and the files that it names, without connecting.
    new pg.Client({ connectionString })
  } catch (cause) {
    throw new PosternError(
      'config_invalid',
      'POSTERN_DATABASE_URL is not a URL of PostgreSQL, as postgres://user:password@host/database is, or names a file that cannot be read. Percent-encode marks in the password.',
      { detail: (cause as NodeJS.ErrnoException).code },
    )
  }
}

function openPostgres(url: string, { poolSize = 10, queryTimeoutSeconds }: StorageLimits): Database {
  assertPostgresUrl(url)
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    keepAlive: true,
    ...(queryTimeoutSeconds && {
      query_timeout: queryTimeoutSeconds * 1000,
      connectionTimeoutMillis: queryTimeoutSeconds * 1000,
    }),
  })
  // A connection that breaks is replaced at the next query; without listeners it would end the process, be it
  // idle (the pool tells) or in use (the connection tells, and the query under way fails by itself).
  pool.on('error', () => {})
  pool.on('connect', (connection) => {
    connection.on('error', () => {})
    if (queryTimeoutSeconds !== undefined) dropWhenSilent(connection)
  })
  const queries = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  return {
    engine: 'postgres',
    queries,
    aside: queries,
    transaction: transactOn(queries),
    watch: (wake) => watchPostgres(url, wake),
    close: () => queries.destroy(),
  }
}

/** Transactions that are run again after a conflict; few of those that record changes at a time. */
function transactOn(queries: Queries): Transact {
  const inTurn = takeTurns(recordingAtOnce)
  return (work, { records = true, once = false } = {}) => {
    const attempt = () =>
      queries.transaction().execute(async (tx) => {
        await holdFirst(tx, records)
        return work(tx)
      })
    const run = () => (once ? attempt() : retryConflicts(attempt))
    return records ? inTurn(run) : run()
  }
}

/** Breaks a connection on which a query has run out of time: nothing would be answered on it any more. */
function dropWhenSilent(connection: pg.PoolClient): void {
  const { stream } = (connection as unknown as { connection: { stream: Socket } }).connection
  const query = connection.query.bind(connection) as (...given: unknown[]) => unknown
  Object.assign(connection, {
    query(...given: unknown[]) {
      const answer = query(...given)
      if (answer instanceof Promise)
        answer.catch(({ message }: Error) => {
          if (message === 'Query read timeout') stream.destroy()
        })
      return answer
    },
  })
}
