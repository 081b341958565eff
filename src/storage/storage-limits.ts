import type { StoreWatch } from './watch-store.ts'

/** Time limits of the store, milliseconds; tests shorten them. */
export interface StorageWaits {
  /** For a connection: a free one of the pool, or a new one. PostgreSQL only. */
  connect: number
  /** For the next octets of an answer; then the connection is dead. PostgreSQL only. */
  silent: number
  /** The same for queries that read many rows (`aside`). PostgreSQL only. */
  silentAside: number
  /** For a lock of another transaction or program. */
  lock: number
  /**
   * For the next statement of a transaction: then the server ends it and releases its locks. PostgreSQL only.
   */
  idle: number
  /** Between two heartbeats of a notification connection. PostgreSQL only. */
  heartbeat: number
}

/** Limits of an open store. */
export interface StorageLimits {
  /** Maximum number of connections to PostgreSQL; defaults to 10. */
  poolSize?: number
  waits?: Partial<StorageWaits>
  /** Receives reports about the availability of the store. */
  watch?: StoreWatch | undefined
}

/**
 * An abandoned transaction ends before those that wait for its locks fail, and they fail before their own
 * connection counts as dead.
 */
export const postgresWaits: StorageWaits = {
  connect: 4000,
  silent: 5000,
  silentAside: 60_000,
  lock: 4000,
  idle: 3000,
  heartbeat: 2000,
}

/** A longer lock of a SQLite file is not one of Postern's own short transactions. */
export const sqliteWaits = { lock: 2000 }
