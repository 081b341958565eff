import { type ConnectionOptions, connect } from 'node:tls'

/** The bytes received on an HTTP/1.1 connection. */
export interface Http1Answers {
  /** The status of each response, including interim ones. */
  statuses: number[]
  /** The fields of the last response, with names in lower case. */
  headers: Record<string, string>
  body: string
  text: string
  /** Whether the gateway closed the connection after the last response. */
  isClosed: boolean
}

/**
 * Sends raw bytes on a new connection; returns what arrives until the connection is closed or the response to
 * the last request is complete. `next` is sent after the first response; a response to HEAD has no body.
 */
export function sendRawHttp1(
  options: ConnectionOptions,
  bytes: string | Buffer,
  { isHead = false, next }: { isHead?: boolean; next?: string } = {},
): Promise<Http1Answers> {
  return new Promise((resolve) => {
    const socket = connect({ host: 'localhost', ...options })
    let text = ''
    const finish = (isClosed: boolean) => {
      socket.destroy()
      const heads = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)]
      const last = text.slice(heads.at(-1)?.index ?? 0)
      const [head = '', ...rest] = last.split('\r\n\r\n')
      const headers = Object.fromEntries(
        head
          .split('\r\n')
          .slice(1)
          .map((line) => [line.split(':')[0]?.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
      )
      const statuses = heads.map(([, status]) => Number(status))
      resolve({ statuses, headers, body: rest.join('\r\n\r\n'), text, isClosed })
    }
    socket.on('error', () => finish(true))
    socket.once('close', () => finish(true))
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      // After a response with `Connection: close`, wait for the end of the connection.
      if (/^connection: .*close\r$/im.test(text)) return
      const count = countWhole(text, isHead)
      if (count === 1 && next !== undefined) socket.write(next)
      else if (count > 0) finish(false)
    })
    socket.write(bytes)
  })
}

/** Counts the complete final responses. */
function countWhole(text: string, isHead: boolean): number {
  let count = 0
  for (let rest = text; ; ) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) return count
    const head = rest.slice(0, end)
    const length = isHead ? 0 : Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0)
    if (rest.length < end + 4 + length) return count
    rest = rest.slice(end + 4 + length)
    if (!head.startsWith('HTTP/1.1 1')) count += 1
  }
}
