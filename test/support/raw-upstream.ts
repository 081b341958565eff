import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** An API that keeps every byte that arrives and answers each request with a 200, whatever it thinks of it. */
export async function openRawUpstream() {
  let arrived = ''
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1')
      arrived += text
      if (/\r\n\r\n/.test(text) && (!/transfer-encoding/.test(text) || text.endsWith('0\r\n\r\n')))
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    /** What has arrived since it was asked the last time. */
    take(): string {
      const taken = arrived
      arrived = ''
      return taken
    },
    close: () => void server.close(),
  }
}

export type RawUpstream = Awaited<ReturnType<typeof openRawUpstream>>
