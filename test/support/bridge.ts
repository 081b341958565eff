import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Stands between us and PostgreSQL, so that it can go away and come back. */
export interface Bridge {
  /** The URL of the database, by way of the bridge. */
  url: string
  /** How many connections came since the last cut. */
  attempts(): number
  /** Breaks every connection, and ends each new one at once. */
  cut(): void
  mend(): void
  close(): void
}

/** Opens a bridge to the PostgreSQL database at `targetUrl`. */
export async function openBridge(targetUrl: string): Promise<Bridge> {
  const target = new URL(targetUrl)
  const sockets = new Set<Socket>()
  let isCut = false
  let attempts = 0
  const server = createServer((socket) => {
    attempts += 1
    socket.on('error', () => {})
    if (isCut) return socket.destroy()
    const other = connect(Number(target.port), target.hostname)
    other.on('error', () => {})
    for (const each of [socket, other]) {
      sockets.add(each)
      each.once('close', () => sockets.delete(each))
    }
    return socket.pipe(other).pipe(socket)
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
    cut() {
      isCut = true
      attempts = 0
      destroyAll()
    },
    mend() {
      isCut = false
    },
    close() {
      destroyAll()
      server.close()
    },
  }
}
