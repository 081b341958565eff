import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { randomHex } from '../random-octets.ts'
import { isConnectionLost } from './engine.ts'
import { keptAlive } from './open-postgres.ts'
import type { StorageWaits } from './storage-limits.ts'
import { type Hearing, wakeUpChannel } from './wake-up.ts'
import { createConnectionWatch } from './watch-connections.ts'

const reconnectMs = 250
/** A notification that has not arrived after this time does not arrive at all. */
const proofMs = 2000
/** Behind a pooler, or on a standby: an operator may change that, or a failover. */
const againMs = 30_000

/** What a listener tells, and how it sends a notification. */
interface ListenerParts {
  /** Something was committed, perhaps. */
  wake(): void
  onHearing(hearing: Hearing): void
  /** Sends a notification over another connection. */
  notify(channel: string): Promise<unknown>
}

/**
 * Listens for notifications, and reconnects when the connection breaks or does not answer its heartbeat. An
 * initially unavailable server is retried too: the function returns after one attempt, successful or not.
 *
 * Each new connection proves that notifications arrive over it: a pooler in transaction mode accepts `listen`
 * and gives the session that listens to somebody else. The proof has a channel of its own, so that nothing is
 * sent to a session that was left behind. A connection that hears nothing is closed, and another one tries
 * again every 30 seconds.
 */
export async function listenPostgres(
  url: string,
  { wake, onHearing, notify }: ListenerParts,
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
    const proof = createProof(next, notify)
    next.on('notification', ({ channel }) => (channel === proof.channel ? proof.arrived() : wake()))
    next.on('error', () => {})
    try {
      await next.connect()
      createConnectionWatch().add(next, waits.heartbeat)
      await next.query(`listen ${proof.channel}`).catch(toRefusal)
    } catch (error) {
      void next.end().catch(() => {})
      throw error
    }
    if (stopped) return next.end()
    client = next
    let isDeaf = false
    let stopBeating = () => {}
    // Registered only now: a failed attempt emits this too, and would be repeated twice.
    next.once('end', () => {
      stopBeating()
      client = undefined
      onHearing(isDeaf ? 'no' : 'unknown')
      retryLater(isDeaf ? againMs : reconnectMs)
    })
    const prove = async (): Promise<void> => {
      const isHeard = await proof.isHeard(() => client === next && !stopped)
      // Only a connection that is alive shows by its silence that it hears nothing.
      await next.query(isHeard ? `listen ${wakeUpChannel}` : `unlisten ${proof.channel}`)
      if (client !== next) return
      if (isHeard) {
        stopBeating = beat(next, waits.heartbeat)
        onHearing('yes')
        // Something may have been committed before.
        wake()
      } else {
        isDeaf = true
        await next.end()
      }
    }
    void prove().catch(() => next.end().catch(() => {}))
  }
  const retryLater = (milliseconds: number): void => {
    if (stopped) return
    clearTimeout(timer)
    timer = setTimeout(() => void connect().catch(failed), milliseconds)
  }
  const failed = (error: unknown): void => {
    const isRefused = error instanceof ListenRefused
    onHearing(isRefused ? 'no' : 'unknown')
    retryLater(isRefused ? againMs : reconnectMs)
  }

  onHearing('unknown')
  await connect().catch(failed)
  return async () => {
    stopped = true
    clearTimeout(timer)
    await client?.end()
  }
}

/** The server or the pooler is there, and does not let anybody listen. */
class ListenRefused extends Error {}

const toRefusal = (error: unknown): never => {
  const isRefused = error instanceof pg.DatabaseError && !isConnectionLost(error)
  throw isRefused ? new ListenRefused('listen was rejected', { cause: error }) : error
}

const isDone = () => true
const isNotDone = () => false

/** Finds out whether a notification that another connection sends arrives over `client`, which asks nothing meanwhile. */
function createProof(client: pg.Client, notify: ListenerParts['notify']) {
  const channel = `${wakeUpChannel}_${randomHex(8)}`
  const { promise, resolve } = Promise.withResolvers<boolean>()
  return {
    channel,
    arrived: () => resolve(true),
    /** A notification that cannot be sent is sent later, for as long as that `isWanted`. Throws if `client` is dead. */
    async isHeard(isWanted: () => boolean): Promise<boolean> {
      while (!(await notify(channel).then(isDone, isNotDone)) && isWanted()) {
        await client.query('select')
        await wait(reconnectMs)
      }
      const timer = setTimeout(() => resolve(false), proofMs)
      client.once('end', () => resolve(false))
      try {
        return await promise
      } finally {
        clearTimeout(timer)
      }
    },
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
