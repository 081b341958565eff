import { createServer, type Server, type ServerOpts } from 'node:net'
import { backlog } from '../../backlog.ts'
import { stopAccepting } from './stop-accepting.ts'

/** Where a server listens. */
export interface ListenAddress {
  host: string
  port: number
  /** File descriptors of sockets that are already bound and shared with other processes. */
  descriptors?: readonly number[] | undefined
}

/** A server that accepts connections. */
export interface Listening {
  /** Accepts no further connections; open ones continue. */
  stop(): Promise<void>
  /** Counts the connections. */
  countSockets(): Promise<number>
  /**
   * Accepts no further connections, and resets those in the kernel's queue if no other process has the
   * socket.
   */
  close(): void
}

/**
 * Resolves when the server accepts connections: from each of the descriptors, or from a socket of its own if
 * there are none. `options` are the socket options of the server. Throws the system's error if it cannot
 * listen.
 */
export async function listenAt(
  server: Server,
  { host, port, descriptors = [] }: ListenAddress,
  options: ServerOpts = {},
): Promise<Listening> {
  const [first, ...others] = descriptors
  const servers = [server]
  await listen(server, first === undefined ? { port, host } : { fd: first })
  for (const fd of others) {
    const other = createServer(options, (socket) => server.emit('connection', socket))
    await listen(other, { fd })
    servers.push(other)
  }
  return {
    async stop() {
      await Promise.all(servers.map(stopAccepting))
    },
    async countSockets() {
      const counts = await Promise.all(servers.map(countConnections))
      return counts.reduce((sum, count) => sum + count, 0)
    },
    close: () => {
      for (const one of servers) one.close()
    },
  }
}

function listen(server: Server, address: { port: number; host: string } | { fd: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // Node reads an option of this name only where it opens the port itself.
    server.listen(address, backlog, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

const countConnections = (server: Server): Promise<number> =>
  new Promise((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count)))
