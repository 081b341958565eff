import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely'
import { retryWhileLocked } from './retry-while-locked.ts'

const cachedStatements = 500

/** One connection to the file, with its prepared statements. */
interface Prepared {
  run<R>(query: Pick<CompiledQuery, 'sql' | 'parameters'>): QueryResult<R>
  close(): void
}

/** A connection as Kysely sees it; it holds the lock during a transaction. */
interface Connection extends DatabaseConnection {
  release: (() => void) | undefined
}

interface DriverDependencies {
  /** Throws if a commit would be lost. */
  assertSameFile(): void
  /** Time limit for locks of other programs, from the time of the request on. */
  lockMilliseconds: number
}

/**
 * Returns Kysely's driver over `writer`, which one transaction or change at a time uses, and `reader`, which
 * serves reads outside of a transaction: it sees committed data. Without a reader the writer serves them.
 */
export function createSqliteDriver(
  writer: DatabaseSync,
  reader: DatabaseSync | undefined,
  { assertSameFile, lockMilliseconds: lockMs }: DriverDependencies,
): Driver {
  const writing = prepareOn(writer)
  const reading = reader && prepareOn(reader)
  const takeLock = createLock()

  const openConnection = (): Connection => {
    const connection: Connection = {
      release: undefined,
      async executeQuery<R>(query: CompiledQuery) {
        if (connection.release !== undefined) return writing.run<R>(query)
        assertSameFile()
        // One deadline for the queue: transactions behind one that waits for another program do not start a
        // new wait each.
        const deadline = performance.now() + lockMs
        if (reading !== undefined && query.query.kind === 'SelectQueryNode')
          return retryWhileLocked(() => reading.run<R>(query), deadline)
        const giveBack = await takeLock()
        try {
          const result = await retryWhileLocked(() => writing.run<R>(query), deadline)
          assertSameFile()
          return result
        } finally {
          giveBack()
        }
      },
      async *streamQuery<R>(query: CompiledQuery) {
        yield await connection.executeQuery<R>(query)
      },
    }
    return connection
  }
  const release = (connection: DatabaseConnection) => {
    ;(connection as Connection).release?.()
    ;(connection as Connection).release = undefined
  }

  return {
    async init() {},
    acquireConnection: async () => openConnection(),
    async beginTransaction(given) {
      const deadline = performance.now() + lockMs
      const giveBack = await takeLock()
      try {
        // A deferred transaction that reads first and writes later fails immediately if another process has
        // committed in between; taking the write lock at the start waits instead.
        assertSameFile()
        await retryWhileLocked(() => writing.run({ sql: 'begin immediate', parameters: [] }), deadline)
      } catch (error) {
        giveBack()
        throw error
      }
      ;(given as Connection).release = giveBack
    },
    async commitTransaction(connection) {
      writing.run({ sql: 'commit', parameters: [] })
      release(connection)
      assertSameFile()
    },
    async rollbackTransaction(connection) {
      try {
        // A full disk and similar errors have already rolled back the transaction.
        if (writer.isTransaction) writing.run({ sql: 'rollback', parameters: [] })
      } finally {
        release(connection)
      }
    },
    async releaseConnection() {},
    async destroy() {
      // The last connection to close checkpoints the WAL into the file, which a reader may not do.
      reading?.close()
      writing.close()
    },
  }
}

/**
 * Returns a function that gives the lock to one caller after another; each releases it with the returned
 * function.
 */
function createLock(): () => Promise<() => void> {
  let last: Promise<void> = Promise.resolve()
  return async () => {
    const turn = last
    let release = () => {}
    last = new Promise((resolve) => {
      release = resolve
    })
    await turn
    return release
  }
}

function prepareOn(file: DatabaseSync): Prepared {
  const statements = new Map<string, { statement: StatementSync; isReading: boolean }>()
  const prepare = (sql: string) => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    if (statements.size >= cachedStatements) statements.clear()
    const statement = file.prepare(sql)
    const prepared = { statement, isReading: statement.columns().length > 0 }
    statements.set(sql, prepared)
    return prepared
  }
  return {
    run<R>({ sql, parameters }: Pick<CompiledQuery, 'sql' | 'parameters'>): QueryResult<R> {
      const { statement, isReading } = prepare(sql)
      const values = parameters as SQLInputValue[]
      if (isReading) return { rows: statement.all(...values) as R[] }
      const { changes, lastInsertRowid } = statement.run(...values)
      return { insertId: BigInt(lastInsertRowid), numAffectedRows: BigInt(changes), rows: [] }
    },
    close: () => file.close(),
  }
}
