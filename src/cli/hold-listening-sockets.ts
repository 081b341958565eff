import { lookup } from 'node:dns/promises'
import { BoundSocket, isIP } from 'node:net'

/** Where gateways listen. */
export interface ListenAddress {
  host: string
  port: number
}

/** A socket as a process inherits it. */
export interface HeldSocket {
  port: number
  descriptor: number
}

/** Sockets that outlive the processes that accept connections from them. */
export interface ListeningSockets {
  /**
   * What the process of this index inherits: of each port its own socket and the one of the next process. Nothing where
   * the platform has no descriptors of sockets. Throws the error of the system where a port cannot be had.
   */
  list(index: number): HeldSocket[]
  /** Gives the ports up. They are closed when the last process that has inherited them has closed them, until {@link list}. */
  release(): void
}

/** Whether the kernel deals connections out to several sockets of one port; else the processes share one. */
const sharesPorts = process.platform === 'linux'

/**
 * Holds sockets for a number of processes and never accepts from them: connections that arrive while a process ends wait
 * in the kernel for another. The kernel deals them out evenly, and each socket is accepted from by two processes, so
 * that neither a process that has ended nor one that hangs keeps a connection waiting. Ports are closed until the first
 * process listens. A host is an address or a name.
 */
export async function holdListeningSockets(
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
  /** Of each process, for each address. */
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
    list(index) {
      if (bound.length === 0) bindAll()
      return [...new Set([index % count, (index + 1) % count])]
        .flatMap((one) => bound[one] ?? [])
        .map((socket) => ({ port: socket.address().port, descriptor: socket.fd() }))
        .filter(({ descriptor }) => descriptor >= 0)
    },
  }
}
