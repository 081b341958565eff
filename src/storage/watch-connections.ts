import type { Socket } from 'node:net'
import type pg from 'pg'

/** How long a server may take to hear that a connection is over, milliseconds. */
const farewellMilliseconds = 1000

/** A connection that is watched. */
interface Watched {
  stream: Socket
  /** Since when an answer is waited for (`performance.now()`); nothing where none is. */
  askedAt: number | undefined
}

/** Breaks connections to PostgreSQL that have died without a word. */
export interface ConnectionWatch {
  /**
   * Watches a connection from its opening on: it is broken when an answer lets nothing be heard for
   * `silentMilliseconds`, and when it does not end a second after it was told to. What was asked on it fails then
   * with the code ETIMEDOUT. Where that is null, an answer may take as long as it takes.
   */
  add(client: pg.ClientBase, silentMilliseconds: number | null): void
}

/**
 * Makes a watch over connections that are likely to die together, since they lead to the same server: with the first
 * that is found dead go those that are idle, and those on which nothing has been heard for as long, or will be.
 */
export function createConnectionWatch(): ConnectionWatch {
  const all = new Set<Watched>()

  const destroy = (one: Watched, milliseconds: number): void => {
    all.delete(one)
    one.stream.destroy(silence(milliseconds))
  }
  /** A patient question that was asked shortly before would wait for its own, longer time. */
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

  return {
    add(client, silentMilliseconds) {
      const one: Watched = { stream: streamOf(client), askedAt: undefined }
      all.add(one)
      one.stream.once('close', () => all.delete(one))
      const methods: Record<'query' | 'end', (...given: unknown[]) => unknown> = Object.getPrototypeOf(client)
      Object.assign(client, {
        query(...given: unknown[]) {
          const answer = methods.query.apply(client, given)
          if (answer instanceof Promise && silentMilliseconds !== null)
            watchAnswer(one, answer, silentMilliseconds, giveUp)
          return answer
        },
        end(...given: unknown[]) {
          setTimeout(() => one.stream.destroy(), farewellMilliseconds).unref()
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
  // When this process itself was held up, an answer may lie here unread: the timer comes before what the network has.
  const timer = setTimeout(() => setImmediate(look), milliseconds)
  const stop = () => {
    clearTimeout(timer)
    isOver = true
    one.askedAt = undefined
  }
  answer.then(stop, stop)
}

/** The socket of an open connection; the one of TLS where it has that. */
const streamOf = (client: pg.ClientBase): Socket =>
  (client as unknown as { connection: { stream: Socket } }).connection.stream

const silence = (milliseconds: number): Error =>
  Object.assign(new Error(`PostgreSQL has not answered for ${milliseconds / 1000} s.`), { code: 'ETIMEDOUT' })
