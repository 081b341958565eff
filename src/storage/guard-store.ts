import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult } from 'kysely'
import { PosternError } from '../errors.ts'
import { findStoreFault } from './engine.ts'
import { borrowConnection, isBorrowed } from './read-inside.ts'
import type { StoreWatch } from './watch-store.ts'

/** Wraps the drivers of one store: classifies their failures and reports them to the watch. */
export interface StoreGuard {
  dialect(dialect: Dialect): Dialect
  driver(driver: Driver): Driver
}

/** The state that all drivers of the store share. */
interface State {
  watch: Pick<StoreWatch, 'failed' | 'answered' | 'saved'> | undefined
  /** SQLite's error of a damaged file: after it nothing is read or saved. */
  damage: unknown
}

/**
 * Creates the guard of one store. A commit whose answer never came gets an error of its own, so that it is
 * not repeated; after the first sign of a damaged SQLite file no transaction is committed.
 */
export function createStoreGuard(watch?: State['watch']): StoreGuard {
  const state: State = { watch, damage: undefined }
  const guard: StoreGuard = {
    dialect: (dialect) => ({
      createAdapter: () => dialect.createAdapter(),
      createIntrospector: (queries) => dialect.createIntrospector(queries),
      createQueryCompiler: () => dialect.createQueryCompiler(),
      createDriver: () => guard.driver(dialect.createDriver()),
    }),
    driver: (driver) => guardDriver(driver, state),
  }
  return guard
}

/** A connection of the wrapped driver whose answers are observed. */
class GuardedConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection
  isInTransaction = false
  readonly #state: State

  constructor(inner: DatabaseConnection, state: State) {
    this.inner = inner
    this.#state = state
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const result = await during(this.#state, () => this.inner.executeQuery<R>(query))
    const hasSaved = !this.isInTransaction && (result.numAffectedRows ?? 0n) > 0n
    this.#state.watch?.[hasSaved ? 'saved' : 'answered']()
    return result
  }

  async *streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    yield* this.inner.streamQuery<R>(query, chunkSize)
  }
}

const innerOf = (connection: DatabaseConnection) => (connection as GuardedConnection).inner

function guardDriver(driver: Driver, state: State): Driver {
  return {
    init: () => driver.init(),
    acquireConnection: async () =>
      borrowConnection() ??
      during(state, async () => new GuardedConnection(await driver.acquireConnection(), state)),
    async beginTransaction(connection, settings) {
      await during(state, () => driver.beginTransaction(innerOf(connection), settings))
      ;(connection as GuardedConnection).isInTransaction = true
    },
    async commitTransaction(connection) {
      try {
        await during(state, () => driver.commitTransaction(innerOf(connection)))
      } catch (error) {
        throw isUnanswered(error) ? outcomeUnknown(error) : error
      }
      state.watch?.saved()
    },
    async rollbackTransaction(connection) {
      // The earlier failure is the reason; the driver discards a connection that cannot be rolled back.
      await driver.rollbackTransaction(innerOf(connection)).catch((error) => state.watch?.failed(error))
    },
    releaseConnection: async (connection) => {
      if (!isBorrowed(connection)) await driver.releaseConnection(innerOf(connection))
    },
    destroy: () => driver.destroy(),
  }
}

/** Runs `work` unless the file is damaged; reports its failure. */
async function during<T>(state: State, work: () => Promise<T>): Promise<T> {
  if (state.damage !== undefined) throw state.damage
  try {
    const result = await work()
    // Another reader has found the damage in the meantime.
    if (state.damage !== undefined) throw state.damage
    return result
  } catch (error) {
    const fault = findStoreFault(error)
    if (fault?.trouble === 'damaged' && fault.code.startsWith('SQLITE_')) state.damage ??= error
    state.watch?.failed(error)
    throw error
  }
}

/** Returns whether a server may have executed an unanswered statement; SQLite always answers. */
function isUnanswered(error: unknown): boolean {
  const fault = findStoreFault(error)
  if (fault === undefined || fault.code.startsWith('SQLITE_')) return false
  return fault.trouble === 'unreachable' || fault.trouble === 'starting'
}

/**
 * Returns the error for a commit that PostgreSQL may have saved before the connection broke: only the caller
 * knows what to do.
 */
const outcomeUnknown = (cause: unknown) =>
  new PosternError(
    'storage_unavailable',
    'Postern lost its store while it saved this. The change may have been made: look before you repeat it.',
    { cause, retryAfterSeconds: 60 },
  )
