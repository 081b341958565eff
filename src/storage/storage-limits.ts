import type { StoreWatch } from './watch-store.ts'

/** How long one waits for the store, milliseconds; a test makes them short. */
export interface StorageWaits {
  /** For a connection: a free one of the pool, or a new one. PostgreSQL alone. */
  connect: number
  /** For the next octets of an answer; then the connection is dead. PostgreSQL alone. */
  silent: number
  /** The same for what reads many rows (`aside`). PostgreSQL alone. */
  silentAside: number
  /** For what another transaction, or another program, has locked. */
  lock: number
  /** For the next statement of a transaction: then the server ends it, and its locks are free. PostgreSQL alone. */
  idle: number
  /** Between two proofs that a connection for notifications is alive. PostgreSQL alone. */
  heartbeat: number
}

/** Limits of an open store. */
export interface StorageLimits {
  /** Connections to PostgreSQL, at most; 10 where not given. */
  poolSize?: number
  waits?: Partial<StorageWaits>
  /** Who is told how the store fares. */
  watch?: StoreWatch | undefined
}

/**
 * A transaction that was abandoned ends before those that wait for its locks give up, and they give up before their
 * own connection counts as dead.
 */
export const postgresWaits: StorageWaits = {
  connect: 4000,
  silent: 5000,
  silentAside: 60_000,
  lock: 4000,
  idle: 3000,
  heartbeat: 2000,
}

/** Whoever holds the lock of a SQLite file for longer is not one of Postern's own short transactions. */
export const sqliteWaits = { lock: 2000 }
