import { lookup } from 'node:dns/promises'
import { BoundSocket, isIP } from 'node:net'

/** An address where gateways listen. */
export interface ListenAddress {
  host: string
  port: number
}

/** A socket as a process inherits it. */
export interface ListeningSocket {
  port: number
  descriptor: number
}

/** Sockets that outlive the processes that accept connections from them. */
export interface ListeningSockets {
  /**
   * Returns what the process of this index inherits: its own socket of each port and that of the next
   * process. Empty if the platform has no socket descriptors. Throws the system's error if a port is not
   * available.
   */
  list(index: number): ListeningSocket[]
  /**
   * Releases the ports until {@link list} is called. They are closed when the last process that has inherited
   * them has closed them.
   */
  release(): void
  /** Whether a port stays open when it is released, since another program holds it too. */
  outliveRelease: boolean
}

/**
 * Whether the kernel distributes connections among several sockets of one port; otherwise the processes share
 * one.
 */
const sharesPorts = process.platform === 'linux'

/**
 * Holds sockets for a number of processes and never accepts from them: connections that arrive while a
 * process ends wait in the kernel for another. The kernel distributes them evenly, and two processes accept
 * from each socket, so that neither an ended nor a hanging process keeps a connection waiting. Ports are
 * closed until the first process listens. A host is an address or a name.
 */
export async function bindListeningSockets(
  given: readonly ListenAddress[],
  processes: number,
): Promise<ListeningSockets> {
  const count = sharesPorts ? processes : 1
  const addresses = await Promise.all(
    given.map(async ({ host, port }) => ({
      port,
      host: isIP(host) === 0 ? (await lookup(host)).address : host,
    })),
  )
  /** One list per process, with one socket per address. */
  const bound: BoundSocket[][] = []

  const release = (): void => {
    for (const socket of bound.splice(0).flat()) socket.close()
  }
  const bindAll = (): void => {
    try {
      for (let index = 0; index < count; index += 1) {
        const sockets: BoundSocket[] = []
        bound.push(sockets)
        for (const address of addresses) sockets.push(new BoundSocket({ ...address, reusePort: sharesPorts }))
      }
    } catch (error) {
      release()
      throw error
    }
  }
  return {
    release,
    outliveRelease: false,
    list(index) {
      if (bound.length === 0) bindAll()
      return [...new Set([index % count, (index + 1) % count])]
        .flatMap((one) => bound[one] ?? [])
        .map((socket) => ({ port: socket.address().port, descriptor: socket.fd() }))
        .filter(({ descriptor }) => descriptor >= 0)
    },
  }
}
