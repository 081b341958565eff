import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { stopAccepting } from './stop-accepting.ts'

test('a closing server accepts every connection in the queue before the port closes, and none afterwards', async () => {
  const server = createServer((socket) => socket.end('taken'))
  server.listen({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sockets = Array.from({ length: 50 }, () => connect({ port, host: '127.0.0.1' }))
  // The connections start in the next tick, and nothing is accepted before the event loop turns.
  await new Promise<void>((resolve) => process.nextTick(resolve))
  const stopped = stopAccepting(server)
  expect(await Promise.all(sockets.map(readAll))).toEqual(sockets.map(() => 'taken'))
  await stopped
  expect(await readAll(connect({ port, host: '127.0.0.1' }))).toBe('ECONNREFUSED')
})

/** Returns what arrives over a connection, or the code of the error that ends it. */
async function readAll(socket: Socket): Promise<string> {
  try {
    let text = ''
    for await (const chunk of socket) text += chunk
    return text
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}
