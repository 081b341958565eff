import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Connection } from '../request-context/connections.ts'
import { linger } from '../socket/linger.ts'
import type { getProblem } from './problem.ts'

/**
 * Sends a problem on a socket without a request, and closes it after its client has read that. `now` is in
 * milliseconds since 1970.
 */
export function writeProblem(
  { socket, admission }: { socket: Socket; admission: Connection['admission'] },
  problem: ReturnType<typeof getProblem>,
  now: number,
): void {
  const body = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    `date: ${new Date(now).toUTCString()}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    `postern-trace-id: ${problem.traceId}`,
    'connection: close',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  linger(socket, admission)
}
