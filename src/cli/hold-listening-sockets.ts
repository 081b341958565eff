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
   * What a new process inherits; nothing where the platform has no descriptors of sockets. Throws the error of the
   * system where a port cannot be had.
   */
  list(): HeldSocket[]
  /** Gives the ports up. They are refused when the last process that has inherited them has closed them, until {@link list}. */
  release(): void
}

/**
 * Holds one socket for each address and never accepts from it: connections that arrive while the process that would
 * accept them ends wait in the kernel for another. It listens as soon as the first process does, and not before.
 */
export async function holdListeningSockets(given: readonly ListenAddress[]): Promise<ListeningSockets> {
  const addresses = await Promise.all(
    given.map(async ({ host, port }) => ({
      port,
      host: isIP(host) === 0 ? (await lookup(host)).address : host,
    })),
  )
  const bound = new Map<number, BoundSocket>()

  const release = (): void => {
    for (const socket of bound.values()) socket.close()
    bound.clear()
  }
  return {
    release,
    list() {
      try {
        for (const address of addresses) {
          if (!bound.has(address.port)) bound.set(address.port, new BoundSocket(address))
        }
      } catch (error) {
        release()
        throw error
      }
      return [...bound]
        .map(([port, socket]) => ({ port, descriptor: socket.fd() }))
        .filter(({ descriptor }) => descriptor >= 0)
    },
  }
}
