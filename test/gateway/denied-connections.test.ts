import { once } from 'node:events'
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'

let harness: GatewayHarness
let stranger: TestClient

beforeAll(async () => {
  harness = await openGatewayHarness()
  stranger = await harness.issue({ registered: false })
})
afterAll(() => harness[Symbol.asyncDispose]())

async function open(as: TestClient): Promise<ClientHttp2Session> {
  const session = connect(harness.url(), { ca: harness.ca, cert: as.cert, key: as.key })
  session.on('error', () => {})
  await once(session, 'connect')
  return session
}

/** Returns the results of `count` simultaneous requests: the status, or the error code of the reset. */
async function askAtOnce(session: ClientHttp2Session, count: number): Promise<(number | string)[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const stream = session.request({ ':path': '/whoami' })
      return new Promise<number | string>((resolve) => {
        stream.on('response', (headers: IncomingHttpHeaders & { ':status'?: number }) => {
          resolve(headers[':status'] ?? 0)
          stream.resume()
        })
        stream.on('error', (error: NodeJS.ErrnoException) => resolve(error.message))
        stream.on('close', () => resolve(`reset ${stream.rstCode}`))
      })
    }),
  )
}

test('a denied HTTP/2 client gets one error response, and its other streams are reset unread', async () => {
  const session = await open(stranger)
  const seen = await askAtOnce(session, 100)
  expect(seen.filter((one) => one === 403)).toHaveLength(1)
  expect(seen.filter((one) => one === 200)).toHaveLength(0)
  const rows = await harness.untilActivity(({ code }) => code === 'certificate_not_registered')
  expect(rows).toHaveLength(1)
  await vi.waitFor(() => expect(session.closed).toBe(true), { timeout: 5000 })
})

test('a client with an accepted certificate gets a response on every stream', async () => {
  const session = await open(await harness.issue())
  expect(new Set(await askAtOnce(session, 100))).toEqual(new Set([200]))
  session.destroy()
})

test('a certificate that is registered while its connection is open is accepted immediately', async () => {
  const late = await harness.issue({ registered: false })
  const session = await open(late)
  await harness.register(late)
  expect(await askAtOnce(session, 1)).toEqual([200])
  session.destroy()
})
