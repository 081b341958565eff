import type { Socket } from 'node:net'
import type pg from 'pg'

/** How long a server may take to close a connection, milliseconds. */
const farewellMs = 1000
/** SQLSTATE of a change that a server rejects since it can only be read. */
const readOnlyCode = '25006'

/** A monitored connection. */
interface Watched {
  stream: Socket
  /** The time since which an answer is pending (`performance.now()`); undefined if none is. */
  askedAt: number | undefined
}

/** Breaks PostgreSQL connections that have died silently. */
export interface ConnectionWatch {
  /**
   * Monitors a connection from its opening on: it is broken when a pending answer is silent for
   * `silentMs`, and when it does not end within a second of being closed. Its queries then fail
   * with the code ETIMEDOUT. If that is null, an answer has no time limit. A connection over which a change is
   * rejected because the server can only be read is closed, and idle ones with it.
   */
  add(client: pg.ClientBase, silentMs: number | null): void
}

/**
 * Creates a monitor of connections that are likely to die together, since they use the same server: when one
 * is found dead, idle ones are broken too, and those that are or become silent for the same time.
 */
export function createConnectionWatch(): ConnectionWatch {
  const all = new Set<Watched>()

  const destroy = (one: Watched, milliseconds: number): void => {
    all.delete(one)
    one.stream.destroy(silence(milliseconds))
  }
  /** A recent query without a time limit would otherwise wait for its own, longer time. */
  const giveUpUnlessHeard = (one: Watched, milliseconds: number): void => {
    const heard = one.stream.bytesRead
    const look = () => {
      if (all.has(one) && one.askedAt !== undefined && one.stream.bytesRead === heard)
        destroy(one, milliseconds)
    }
    setTimeout(() => setImmediate(look), milliseconds).unref()
  }
  const giveUp = (dead: Watched, milliseconds: number): void => {
    const suspicious = performance.now() - milliseconds
    for (const one of all)
      if (one === dead || one.askedAt === undefined || one.askedAt <= suspicious) destroy(one, milliseconds)
      else giveUpUnlessHeard(one, milliseconds)
  }

  /** A primary that has become a standby takes no change again: new connections find the new primary. */
  const leaveStandby = (from: Watched, error: { code?: unknown }): void => {
    if (error.code !== readOnlyCode) return
    for (const one of all)
      if (one === from || one.askedAt === undefined) {
        all.delete(one)
        one.stream.destroy()
      }
  }

  return {
    add(client, silentMs) {
      const one: Watched = { stream: streamOf(client), askedAt: undefined }
      all.add(one)
      one.stream.once('close', () => all.delete(one))
      const methods: Record<'query' | 'end', (...given: unknown[]) => unknown> = Object.getPrototypeOf(client)
      Object.assign(client, {
        query(...given: unknown[]) {
          const answer = methods.query.apply(client, given)
          if (answer instanceof Promise) answer.catch((error) => leaveStandby(one, error))
          if (answer instanceof Promise && silentMs !== null) watchAnswer(one, answer, silentMs, giveUp)
          return answer
        },
        end(...given: unknown[]) {
          setTimeout(() => one.stream.destroy(), farewellMs).unref()
          return methods.end.apply(client, given)
        },
      })
    },
  }
}

function watchAnswer(
  one: Watched,
  answer: Promise<unknown>,
  milliseconds: number,
  giveUp: (one: Watched, milliseconds: number) => void,
): void {
  const { stream } = one
  let heard = stream.bytesRead
  let isOver = false
  one.askedAt = performance.now()
  const look = (): void => {
    if (isOver) return
    if (stream.bytesRead === heard) {
      giveUp(one, milliseconds)
      return
    }
    heard = stream.bytesRead
    one.askedAt = performance.now()
    timer.refresh()
  }
  // If this process itself was suspended, an answer may be here unread: the timer fires before the network is
  // read.
  const timer = setTimeout(() => setImmediate(look), milliseconds)
  const stop = () => {
    clearTimeout(timer)
    isOver = true
    one.askedAt = undefined
  }
  answer.then(stop, stop)
}

/** Returns the socket of an open connection; the TLS socket if it uses TLS. */
const streamOf = (client: pg.ClientBase): Socket =>
  (client as unknown as { connection: { stream: Socket } }).connection.stream

const silence = (milliseconds: number): Error =>
  Object.assign(new Error(`PostgreSQL has not answered for ${milliseconds / 1000} s.`), { code: 'ETIMEDOUT' })
