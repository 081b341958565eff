import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import { createNodeSqliteDialect, openSqliteFile } from './node-sqlite.ts'
import type { Schema } from './schema.ts'
import { watchPostgres, watchSqlite } from './wake-up.ts'

/** Where the store is: a SQLite file, or a PostgreSQL URL (a secret: it may hold a password). */
export type StorageLocation =
  | { engine: 'sqlite'; path: string }
  | { engine: 'postgres'; url: string; poolSize?: number }

/** A transaction: everything in it happens, or nothing does. */
export type Tx = Transaction<Schema>

/** Either the store or a transaction of it. */
export type Queries = Kysely<Schema>

/** The open store. */
export interface Database {
  engine: 'sqlite' | 'postgres'
  queries: Queries
  /** Runs `work` in one transaction; on SQLite nothing else may use `queries` inside it. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /**
   * Calls `wake` soon after another process has committed. A wake-up may be lost or come for
   * nothing; whoever uses it reads what is new by version. Gives the function that stops it.
   */
  watch(wake: () => void): Promise<() => Promise<void>>
  close(): Promise<void>
}

// Moments in milliseconds and counters stay far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

/** Opens the store. The tables are made by `migrate`. */
export async function openDatabase(location: StorageLocation): Promise<Database> {
  return location.engine === 'sqlite'
    ? openSqlite(location.path)
    : openPostgres(location.url, location.poolSize)
}

function openSqlite(path: string): Database {
  const queries = new Kysely<Schema>({ dialect: createNodeSqliteDialect(openSqliteFile(path)) })
  return {
    engine: 'sqlite',
    queries,
    transaction: (work) => queries.transaction().execute(work),
    watch: async (wake) => watchSqlite(path, wake),
    close: () => queries.destroy(),
  }
}

function openPostgres(url: string, poolSize = 10): Database {
  const pool = new pg.Pool({ connectionString: url, max: poolSize })
  // A connection that breaks is replaced at the next query; without listeners it would end the process, be it
  // idle (the pool tells) or in use (the connection tells, and the query under way fails by itself).
  pool.on('error', () => {})
  pool.on('connect', (connection) => connection.on('error', () => {}))
  const queries = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  return {
    engine: 'postgres',
    queries,
    transaction: (work) => queries.transaction().execute(work),
    watch: (wake) => watchPostgres(url, wake),
    close: () => queries.destroy(),
  }
}
