import { AsyncLocalStorage } from 'node:async_hooks'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import type { Tx } from './transact.ts'

/** A transaction that lends its connection, and the end of its last query. */
interface Lender {
  tx: Tx
  last: Promise<unknown>
  /** What was started in the meantime and goes on uses connections of its own. */
  isOver: boolean
}

const lender = new AsyncLocalStorage<Lender>()

/** The connection of a transaction, lent to queries of the store. */
class BorrowedConnection implements DatabaseConnection {
  readonly #lender: Lender

  constructor(own: Lender) {
    this.#lender = own
  }

  /** One query after the other, since they share a connection. */
  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { tx, last } = this.#lender
    const run = () => tx.executeQuery<R>(query as CompiledQuery<R>)
    const result = last.then(run, run)
    this.#lender.last = result
    return result
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query)
  }
}

/**
 * Runs `work`, whose queries of the store read inside of `tx`: they see what it sees. `work` begins no transaction.
 * So a change can be compared with what a reader of the API gets, without a moment between the two.
 */
export async function readInside<T>(tx: Tx, work: () => Promise<T>): Promise<T> {
  const own: Lender = { tx, last: Promise.resolve(), isOver: false }
  try {
    return await lender.run(own, work)
  } finally {
    own.isOver = true
  }
}

/** Returns the connection to use in the present context in place of a new one. */
export function borrowConnection(): DatabaseConnection | undefined {
  const own = lender.getStore()
  return own === undefined || own.isOver ? undefined : new BorrowedConnection(own)
}

/** Returns whether the connection belongs to a transaction, which releases it. */
export const isBorrowed = (connection: DatabaseConnection): boolean =>
  connection instanceof BorrowedConnection
