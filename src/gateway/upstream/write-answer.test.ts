import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { ClientAccess } from '../decision/access-decision.ts'
import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import type { Connection } from '../request-context/connections.ts'
import { getFindings } from '../request-context/findings.ts'
import { createRequestContext } from '../request-context/request-context.ts'
import { writeHead } from './write-answer.ts'

const unwritable: [string, number, Record<string, string>][] = [
  ['a line break in a value', 200, { 'content-length': '2', etag: 'a\nb' }],
  ['an invalid name', 200, { 'x a': 'b' }],
  ['an invalid status', 1000, { 'set-cookie': 'a=1' }],
  ['a bodiless response', 204, { 'x a': 'b' }],
]

/** Tries to write an invalid head, and then responds with the error. */
const answer =
  (status: number, headers: Record<string, string>): RequestListener =>
  (incoming, response) => {
    const connection = { closing: false } as Connection
    const context = createRequestContext(incoming, response, connection, {
      environment: { profile: 'oauth2' } as GatewayEnvironment,
      now: 0,
    })
    try {
      writeHead({ context, found: getFindings({ ok: true } as ClientAccess) }, status, headers)
    } catch {
      response.writeHead(502, connection.closing ? { connection: 'close' } : {})
      response.end('why')
    }
  }

test.each(unwritable)('another head can follow over HTTP/1.1: %s', async (_what, status, headers) => {
  const server = createServer(answer(status, headers)).listen(0)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const sent = request({ port: (server.address() as AddressInfo).port, agent: false }).end()
  const [got] = (await once(sent, 'response')) as [IncomingMessage]
  expect([got.statusCode, got.statusMessage, got.headers.connection]).toEqual([502, 'Bad Gateway', 'close'])
  expect([got.headers.etag, got.headers['set-cookie']]).toEqual([undefined, undefined])
  got.resume()
  await once(got, 'end')
})

// Node's HTTP/2 writes such a value; the response parser never returns one.
test.each(unwritable.filter(([what]) => !what.startsWith('a line break')))(
  'another head can follow over HTTP/2: %s',
  async (_what, status, headers) => {
    const server = createHttp2Server(answer(status, headers) as never).listen(0)
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const session = connect(`http://localhost:${(server.address() as AddressInfo).port}`)
    onTestFinished(() => session.destroy())
    const stream = session.request({ ':path': '/' })
    const [got] = await once(stream, 'response')
    expect([got[':status'], got.date === undefined, got['set-cookie']]).toEqual([502, false, undefined])
  },
)
