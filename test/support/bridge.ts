import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Transform } from 'node:stream'

/** A TCP proxy in front of PostgreSQL that can interrupt and restore its connections. */
export interface Bridge {
  /** The URL of the database through the bridge. */
  url: string
  /** Counts the connections since the last cut. */
  attempts(): number
  /** Counts the open connections on the client's side. */
  open(): number
  /** Resets every connection, and closes each new one immediately. */
  cut(): void
  /** Silently drops everything in both directions, including the end of a connection. */
  freeze(): void
  /** Closes each connection instead of passing on its next response, which PostgreSQL has already sent. */
  loseAnswers(): void
  /** Delays everything by this time in each direction. */
  slowDown(milliseconds: number): void
  /** Passes new connections on to another server, as a virtual address after a failover. */
  pointAt(targetUrl: string): void
  /** Restores normal operation; connections that were frozen stay dead. */
  mend(): void
  close(): void
}

/** Opens a bridge to the PostgreSQL database at `targetUrl`. */
export async function openBridge(targetUrl: string): Promise<Bridge> {
  let target = new URL(targetUrl)
  const sockets = new Set<Socket>()
  const callers = new Set<Socket>()
  let isCut = false
  let attempts = 0
  let delay = 0
  let isFrozen = false
  let losesAnswers = false
  const dead = new WeakSet<Socket>()
  const server = createServer((socket) => {
    attempts += 1
    socket.on('error', () => {})
    callers.add(socket)
    socket.once('close', () => callers.delete(socket))
    if (isCut) return socket.destroy()
    const other = connect(Number(target.port), target.hostname)
    other.on('error', () => {})
    for (const [each, opposite] of [
      [socket, other],
      [other, socket],
    ] as const) {
      sockets.add(each)
      each.once('close', (isReset) => {
        sockets.delete(each)
        // A pipe passes on the end of a connection, and not its reset.
        if (isReset && !dead.has(socket)) opposite.destroy()
      })
    }
    const through = (isAnswer: boolean) =>
      new Transform({
        transform(chunk, _encoding, pass) {
          if (isAnswer && losesAnswers) return void socket.destroy()
          if (isFrozen) dead.add(socket)
          if (dead.has(socket)) pass()
          else if (delay === 0) pass(null, chunk)
          else setTimeout(() => pass(null, chunk), delay)
        },
        flush(end) {
          if (!dead.has(socket)) end()
        },
      })
    return socket.pipe(through(false)).pipe(other).pipe(through(true)).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const url = new URL(target)
  url.port = String((server.address() as AddressInfo).port)
  const destroyAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: url.href,
    attempts: () => attempts,
    open: () => callers.size,
    cut() {
      isCut = true
      attempts = 0
      destroyAll()
    },
    freeze() {
      isFrozen = true
      for (const socket of sockets) dead.add(socket)
    },
    loseAnswers() {
      losesAnswers = true
    },
    slowDown(milliseconds) {
      delay = milliseconds
    },
    pointAt(otherUrl) {
      target = new URL(otherUrl)
    },
    mend() {
      isCut = false
      isFrozen = false
      losesAnswers = false
      delay = 0
    },
    close() {
      destroyAll()
      server.close()
    },
  }
}
