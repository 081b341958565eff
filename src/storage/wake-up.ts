import { DatabaseSync, type StatementSync } from 'node:sqlite'
import pg from 'pg'
import { keptAlive } from './open-postgres.ts'
import type { StorageWaits } from './storage-limits.ts'
import { createConnectionWatch } from './watch-connections.ts'

const pollMs = 25
const reconnectMs = 250
/** The PostgreSQL channel that announces commits to other processes. */
export const wakeUpChannel = 'postern'

/**
 * Polls `PRAGMA data_version`, which changes when another connection has committed. It waits for no lock: if
 * the file cannot be read at this moment, it wakes once it can be read again.
 */
export async function watchSqlite(path: string, wake: () => void): Promise<() => Promise<void>> {
  const version = createVersionReader(path)
  let seen = version.find()
  const timer = setInterval(() => {
    const now = version.find()
    const isNew = now !== undefined && now !== seen
    seen = now
    if (isNew) wake()
  }, pollMs)
  return async () => {
    clearInterval(timer)
    version.close()
  }
}

/** Returns a reader of the version of the file; it returns undefined while the file is locked or missing. */
function createVersionReader(path: string) {
  let file: DatabaseSync | undefined
  let statement: StatementSync | undefined
  return {
    find(): number | undefined {
      try {
        file ??= new DatabaseSync(path, { readOnly: true, timeout: 0 })
        statement ??= file.prepare('pragma data_version')
        return (statement.get() as { data_version: number }).data_version
      } catch {
        return undefined
      }
    },
    close: () => file?.close(),
  }
}

/**
 * Listens for notifications, and reconnects when the connection breaks or does not answer its heartbeat. An
 * initially unavailable server is retried too: the function returns after one attempt, successful or not.
 */
export async function watchPostgres(
  url: string,
  wake: () => void,
  waits: Pick<StorageWaits, 'connect' | 'heartbeat'>,
): Promise<() => Promise<void>> {
  let stopped = false
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined

  const connect = async (): Promise<void> => {
    const next = new pg.Client({
      connectionString: url,
      ...keptAlive,
      connectionTimeoutMillis: waits.connect,
    })
    next.on('notification', wake)
    next.on('error', () => {})
    try {
      await next.connect()
      createConnectionWatch().add(next, waits.heartbeat)
      await next.query(`listen ${wakeUpChannel}`)
    } catch (error) {
      void next.end().catch(() => {})
      throw error
    }
    if (stopped) return next.end()
    client = next
    const stopBeating = beat(next, waits.heartbeat)
    // Registered only now: a failed attempt emits this too, and would be repeated twice.
    next.once('end', () => {
      stopBeating()
      client = undefined
      retryLater()
    })
  }
  const retryLater = (): void => {
    if (stopped) return
    clearTimeout(timer)
    timer = setTimeout(() => connect().then(wake, retryLater), reconnectMs)
  }

  await connect().catch(retryLater)
  return async () => {
    stopped = true
    clearTimeout(timer)
    await client?.end()
  }
}

/** Sends heartbeats; a missing answer breaks the connection. */
function beat(client: pg.Client, milliseconds: number): () => void {
  let isAsking = false
  const timer = setInterval(() => {
    if (isAsking) return
    isAsking = true
    const over = () => {
      isAsking = false
    }
    client.query('select').then(over, over)
  }, milliseconds)
  return () => clearInterval(timer)
}
