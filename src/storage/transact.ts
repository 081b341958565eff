import type { Kysely, Transaction } from 'kysely'
import type { Schema } from './schema.ts'

/** A transaction: everything in it happens, or nothing does. */
export type Tx = Transaction<Schema>

/** Either the store or a transaction of it. */
export type Queries = Kysely<Schema>

/** Options of a transaction. */
export interface TransactionOptions {
  /**
   * Whether it records changes in the audit log or for the gateways: then it holds the record lock from its
   * first statement on. Defaults to true; a transaction that records nothing sets false, and delays no
   * change.
   */
  records?: boolean
  /**
   * Whether it has effects outside of the store, so that it must not be run again after a conflict, and may
   * pause between two statements.
   */
  once?: boolean
}

/** Runs work in a transaction; see `Database`. */
export type Transact = <T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions) => Promise<T>

/** For transactions that record nothing: they wait for no change, and no change waits for them. */
export const quiet: TransactionOptions = { records: false }
