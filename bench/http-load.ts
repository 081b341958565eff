import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'

/** The result of a round of load. */
export interface LoadResult {
  answers: number
  answersPerSecond: number
  /** Milliseconds. */
  p50: number
  p95: number
  p99: number
}

/** The target and content of load. */
export interface Load {
  port: number
  /** TLS options; plain TCP if undefined. */
  tls?: ConnectionOptions
  /**
   * Returns the bytes of the next HTTP request of a connection; it has `Connection: close` unless
   * `keepsAlive`.
   */
  next(connection: number): Buffer
  /**
   * Returns a follow-up request on the same connection that counts as one with it; undefined after the last.
   */
  follow?(connection: number, answer: Buffer): Buffer | undefined
  keepsAlive: boolean
  connections: number
  seconds: number
  /** Throws unless these are the bytes of a successful response. */
  check(answer: Buffer): void
}

/** Sends requests over several connections simultaneously, one after the other on each, and counts. */
export async function putUnderLoad(load: Load): Promise<LoadResult> {
  const times: number[] = []
  const start = performance.now()
  const end = start + load.seconds * 1000
  await Promise.all(
    Array.from({ length: load.connections }, (_, connection) => askUntil(load, connection, end, times)),
  )
  const elapsed = (performance.now() - start) / 1000
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN
  const answersPerSecond = times.length / elapsed
  return { answers: times.length, answersPerSecond, p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

const open = ({ port, tls }: Load): Socket =>
  tls === undefined
    ? connect({ port, host: '127.0.0.1', noDelay: true })
    : connectTls({ port, host: '127.0.0.1', servername: 'localhost', ...tls })

async function askUntil(load: Load, connection: number, end: number, times: number[]): Promise<void> {
  let socket: Socket | undefined
  while (performance.now() < end) {
    const start = performance.now()
    socket ??= open(load)
    for (let request: Buffer | undefined = load.next(connection); request !== undefined; ) {
      const answer = await ask(socket, request)
      load.check(answer)
      request = load.follow?.(connection, answer)
    }
    if (!load.keepsAlive) socket = void socket.destroy()
    times.push(performance.now() - start)
  }
  socket?.destroy()
}

/**
 * Sends a request and returns the complete response, by its Content-Length or until the other side closes.
 */
function ask(socket: Socket, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const finish = (settle: () => void) => {
      socket.removeAllListeners()
      socket.on('error', () => {})
      settle()
    }
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      if (isWhole(received)) finish(() => resolve(received))
    })
    socket.on('error', (error) => finish(() => reject(error)))
    socket.on('close', () => finish(() => reject(new Error('closed before the answer was whole'))))
    socket.write(request)
  })
}

function isWhole(received: Buffer): boolean {
  const head = received.indexOf('\r\n\r\n')
  if (head < 0) return false
  const length = /content-length: (\d+)/i.exec(received.toString('latin1', 0, head))?.[1]
  return length !== undefined && received.length >= head + 4 + Number(length)
}
