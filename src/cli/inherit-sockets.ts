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

/**
 * Throws `config_invalid` for an inherited socket whose port nothing listens on, and for several sockets of one of
 * `single`, whose process accepts from one: their clients would wait for ever.
 */
export function assertSocketsWanted(
  inherited: readonly ListeningSocket[],
  { ports, single }: { ports: readonly number[]; single: readonly number[] },
): void {
  const unwanted = inherited.find(({ port }) => !ports.includes(port))
  if (unwanted !== undefined)
    throw new PosternError(
      'config_invalid',
      `systemd passes a socket of port ${unwanted.port}, which this part does not listen on. Use the ports of postern.yaml (${ports.join(', ')}) in the unit of the socket.`,
    )
  const double = single.find((port) => inherited.filter((socket) => socket.port === port).length > 1)
  if (double !== undefined)
    throw new PosternError(
      'config_invalid',
      `systemd passes several sockets of port ${double}, and Postern accepts from one. Leave one ListenStream= of that port in the unit of the socket, and do not set ReusePort= there.`,
    )
}

/**
 * Returns `own` sockets and, for the same number of processes, the inherited ones. Each is accepted from by two
 * processes, if there are two.
 */
export function joinSockets(
  own: ListeningSockets,
  inherited: readonly ListeningSocket[],
  processes: number,
): ListeningSockets {
  const takes = (index: number, at: number, count: number): boolean =>
    [index, index + 1].some((one) => one % count === at || one % processes === at % processes)
  const byPort = [...Map.groupBy(inherited, ({ port }) => port).values()]
  return {
    ...own,
    outliveRelease: inherited.length > 0,
    list: (index) => [
      ...own.list(index),
      ...byPort.flatMap((sockets) => sockets.filter((_, at) => takes(index, at, sockets.length))),
    ],
  }
}
