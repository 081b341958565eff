import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EnvironmentSettings } from '../../src/config/environment-settings.ts'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'
import { type GatewayTestClient, openTestClient } from '../support/gateway-test-client.ts'
import { openUpstream, type UpstreamServer } from '../support/upstream-server.ts'

let upstream: UpstreamServer
let harness: GatewayHarness
let caller: GatewayTestClient

beforeAll(async () => {
  upstream = await openUpstream()
  const limits = { minBytesPerSecond: 20_000, minBytesWindowSeconds: 2 } as EnvironmentSettings['limits']
  harness = await openGatewayHarness({
    environments: { production: { upstream: upstream.url, routes: null, limits, recordedPaths: 'full' } },
  })
  caller = await openTestClient(harness)
})
afterAll(async () => {
  await harness[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

/** Writes `bytes` repeatedly until `writable` is closed. */
function trickle(
  writable: NodeJS.WritableStream & { destroyed?: boolean },
  bytes: string,
  milliseconds: number,
) {
  const timer = setInterval(() => writable.destroyed || writable.write(bytes), milliseconds)
  return () => clearInterval(timer)
}

test('an HTTP/1.1 upload below the minimum rate gets 408, and its connection is closed', async () => {
  const headers = { ...caller.bearer, 'content-length': '100000' }
  const request = httpsRequest(`${harness.url()}/slow1`, {
    method: 'POST',
    agent: false,
    ...caller.tls,
    headers,
  })
  request.on('error', () => {})
  const stop = trickle(request, 'x', 100)
  const [response] = await once(request, 'response')
  stop()
  let text = ''
  for await (const chunk of response) text += chunk
  expect(response.statusCode).toBe(408)
  expect(response.headers.connection).toBe('close')
  expect(JSON.parse(text).code).toBe('request_too_slow')
  request.destroy()
  await harness.untilActivity(({ code, path }) => code === 'request_too_slow' && path === '/slow1')
})

test('an HTTP/2 upload below the minimum rate gets 408, and its connection continues', async () => {
  const session = connectHttp2(harness.url(), caller.tls)
  const stream = session.request({ ':path': '/slow2', ':method': 'POST', ...caller.bearer })
  stream.on('error', () => {})
  const stop = trickle(stream, 'x', 100)
  const [headers] = await once(stream, 'response')
  stop()
  let text = ''
  for await (const chunk of stream) text += chunk
  expect([headers[':status'], JSON.parse(text).code]).toEqual([408, 'request_too_slow'])
  const other = session.request({ ':path': '/other', ...caller.bearer })
  expect((await once(other, 'response'))[0][':status']).toBe(200)
  session.close()
})

test('a slow upload with trailers gets 408', async () => {
  const headers = { ...caller.bearer, trailer: 'x-sum', 'transfer-encoding': 'chunked' }
  const request = httpsRequest(`${harness.url()}/slow3`, {
    method: 'POST',
    agent: false,
    ...caller.tls,
    headers,
  })
  request.on('error', () => {})
  const stop = trickle(request, 'x', 100)
  const [response] = await once(request, 'response')
  stop()
  expect(response.statusCode).toBe(408)
  request.destroy()
})

test('an upload at the minimum rate continues, and so does one that the upstream does not read', async () => {
  upstream.answerWith((request, response) => {
    if (request.url === '/unread') setTimeout(() => request.resume(), 5000)
    else request.resume()
    request.once('end', () => response.end('ok'))
  })
  const send = async (path: string, pieces: number, piece: string, milliseconds: number) => {
    const request = httpsRequest(`${harness.url()}${path}`, {
      method: 'POST',
      agent: false,
      ...caller.tls,
      headers: caller.bearer,
    })
    for (let i = 0; i < pieces; i++) {
      request.write(piece)
      await new Promise((resolve) => setTimeout(resolve, milliseconds))
    }
    request.end()
    const [response] = await once(request, 'response')
    response.resume()
    return response.statusCode
  }
  const statuses = [
    send('/steady', 20, 'x'.repeat(30_000), 250),
    send('/unread', 1, 'x'.repeat(20_000_000), 0),
  ]
  expect(await Promise.all(statuses)).toEqual([200, 200])
})

test('a client that does not read its response is disconnected, and so is the upstream', async () => {
  const gone = new Promise<void>((resolve) =>
    upstream.answerWith((_request, response) => {
      response.once('close', () => resolve())
      const write = () => {
        while (response.write(Buffer.alloc(65_536)));
      }
      response.on('drain', write)
      write()
    }),
  )
  const socket = connect({ host: 'localhost', port: harness.port(), ...caller.tls })
  socket.on('error', () => {})
  socket.write(`GET /download HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${caller.token}\r\n\r\n`)
  await once(socket, 'readable')
  // Two seconds, plus the time that one Node buffer takes at the minimum rate.
  await gone
  socket.destroy()
}, 120_000)

test('a body for an unknown endpoint is rejected within ten seconds, and the connection is closed', async () => {
  const { text, isClosed } = await caller.sendRaw(
    'POST /token HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\ngrant_type=',
    20_000,
  )
  expect(text).toMatch(/^HTTP\/1\.1 408 .*connection: close.*"code":"request_too_slow"/is)
  expect(isClosed).toBe(true)
})
