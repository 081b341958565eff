import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** What follows the bytes of a response: nothing, the end of the connection, or its reset. */
export type AnswerEnding = 'kept' | 'closed' | 'reset'

const pauseMs = 20

/**
 * Opens an API that records every byte and answers each request with the same bytes, whatever it contains.
 */
export async function openRawUpstream() {
  let arrived = ''
  let pieces = ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok']
  let ending: AnswerEnding = 'kept'
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.on('error', () => {})
    socket.on('data', async (chunk) => {
      const text = chunk.toString('latin1')
      arrived += text
      if (
        !/\r\n\r\n/.test(text) ||
        (/transfer-encoding/.test(text) && !/\r\n0\r\n([^\r\n]+\r\n)*\r\n$/.test(text))
      )
        return
      for (const [index, piece] of pieces.entries()) {
        if (index > 0) await wait(pauseMs)
        if (socket.destroyed) return
        socket.write(piece, 'latin1')
      }
      if (ending === 'closed') socket.end()
      if (ending === 'reset') setTimeout(() => socket.resetAndDestroy(), pauseMs)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    /** Sets the bytes of all following responses as latin1, in pieces that are sent one after another. */
    answerWith(bytes: string | string[], then: AnswerEnding = 'kept'): void {
      pieces = [bytes].flat()
      ending = then
    },
    /** Returns what has arrived since the last call. */
    take(): string {
      const taken = arrived
      arrived = ''
      return taken
    },
    countConnections: () => connections,
    close: () => void server.close(),
  }
}

export type RawUpstream = Awaited<ReturnType<typeof openRawUpstream>>
