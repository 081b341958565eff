import type { Socket } from 'node:net'
import type { problemOf } from './problem-reply.ts'

/** Answers with a problem on a socket without a request, and closes it; one that the peer holds open is destroyed. */
export function writeProblem(socket: Socket, problem: ReturnType<typeof problemOf>): void {
  const body = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.resume()
  setTimeout(() => socket.destroy(), 1000).unref()
}
