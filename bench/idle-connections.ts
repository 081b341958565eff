import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { Peer } from './gateway-peers.ts'

const atOnce = 50
const settleMs = 2000

/**
 * Measures the cost of idle connections with a client certificate: resident memory of the server for each, in
 * bytes.
 */
export async function measureIdle(
  { port, processIds }: Peer,
  tls: ConnectionOptions,
  count: number,
  request: Buffer,
): Promise<number> {
  const open = async (): Promise<TLSSocket> => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ...tls })
    await once(socket, 'secureConnect')
    // A connection with one completed request, as clients keep it.
    socket.write(request)
    await once(socket, 'data')
    socket.resume()
    return socket
  }
  const openMany = async (many: number) => {
    const sockets: TLSSocket[] = []
    while (sockets.length < many)
      sockets.push(
        ...(await Promise.all(Array.from({ length: Math.min(atOnce, many - sockets.length) }, open))),
      )
    return sockets
  }
  // The first connections also load code and pools, which must not be attributed to them.
  const first = await openMany(200)
  await wait(settleMs)
  const before = residentBytes(processIds())
  const more = await openMany(count)
  await wait(settleMs)
  const after = residentBytes(processIds())
  for (const socket of [...first, ...more]) socket.destroy()
  return (after - before) / count
}

/** Returns the total resident memory of processes. */
const residentBytes = (processIds: readonly number[]): number =>
  processIds.reduce(
    (sum, pid) =>
      sum + 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0),
    0,
  )
