import { type AddressInfo, Socket } from 'node:net'
import { PosternError } from '../errors.ts'
import type { ListeningSocket, ListeningSockets } from './bind-listening-sockets.ts'

/** systemd passes its sockets from this descriptor on (sd_listen_fds(3)). */
const firstDescriptor = 3

/** What holds the descriptors open; it never reads from them. */
const held: Socket[] = []

/**
 * Returns the listening sockets that systemd has opened for this process and goes on to hold after its end
 * (socket activation), and removes the variables that name them: child processes get theirs by argument.
 * Throws `config_invalid` for a descriptor that is no TCP socket.
 */
export function inheritSockets(environment: NodeJS.ProcessEnv, pid = process.pid): ListeningSocket[] {
  const { LISTEN_PID, LISTEN_FDS } = environment
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete environment[name]
  if (Number(LISTEN_PID) !== pid) return []
  return Array.from({ length: Number(LISTEN_FDS) || 0 }, (_, index) => {
    const descriptor = firstDescriptor + index
    return { port: readPort(descriptor), descriptor }
  })
}

function readPort(descriptor: number): number {
  try {
    const socket = new Socket({ fd: descriptor, readable: false, writable: false })
    held.push(socket)
    const { port } = socket.address() as Partial<AddressInfo>
    if (port !== undefined) return port
  } catch {
    // Told below.
  }
  throw new PosternError(
    'config_invalid',
    `The descriptor ${descriptor} that systemd passes is not a TCP socket that listens. Use ListenStream= with a port in the unit of the socket.`,
  )
}

/** Throws `config_invalid` for an inherited socket whose port nothing listens on: its clients would wait for ever. */
export function assertSocketsWanted(inherited: readonly ListeningSocket[], ports: readonly number[]): void {
  const unwanted = inherited.find(({ port }) => !ports.includes(port))
  if (unwanted === undefined) return
  throw new PosternError(
    'config_invalid',
    `systemd passes a socket of port ${unwanted.port}, which this part does not listen on. Use the ports of postern.yaml (${ports.join(', ')}) in the unit of the socket.`,
  )
}

/** Returns `own` sockets and, for the same processes, the inherited ones of `ports`. */
export function joinSockets(own: ListeningSockets, inherited: readonly ListeningSocket[]): ListeningSockets {
  const byPort = [...Map.groupBy(inherited, ({ port }) => port).values()]
  return {
    ...own,
    outliveRelease: inherited.length > 0,
    // Two processes accept from each, as from those that are bound here.
    list: (index) => [
      ...own.list(index),
      ...byPort.flatMap((sockets) => [
        ...new Set([index, index + 1].map((one) => sockets[one % sockets.length] as ListeningSocket)),
      ]),
    ],
  }
}
