import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'

let harness: GatewayHarness
let client: TestClient
let token: string
let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {}

const upstream = createServer((request, response) => answer(request, response))

beforeAll(async () => {
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  const { port } = upstream.address() as AddressInfo
  harness = await openGatewayHarness({
    environments: {
      production: { upstream: `http://127.0.0.1:${port}/base`, routes: null },
      staging: { upstream: 'http://127.0.0.1:1', routes: null },
    },
  })
  client = await harness.issue()
  token = await fetchToken(client, 'production')
})
afterAll(async () => {
  await harness[Symbol.asyncDispose]()
  upstream.closeAllConnections()
  upstream.close()
})

async function fetchToken(as: TestClient, environment: string): Promise<string> {
  const credential = await harness.createCredential({ environment })
  const path = `/auth/token/${credential.clientId}`
  const { text } = await send(path, {
    as,
    environment,
    method: 'POST',
    token: '',
    headers: { 'x-api-key': credential.secret },
  })
  return JSON.parse(text).access_token
}

interface Sending {
  as?: TestClient
  environment?: string
  method?: string
  headers?: Record<string, string | string[]>
  body?: string | Buffer
  token?: string
}

async function send(path: string, sending: Sending = {}) {
  const { as = client, environment, method = 'GET', headers = {}, body = '', token: own = token } = sending
  const request = httpsRequest(`${harness.url(environment)}${path}`, {
    method,
    agent: false,
    ca: harness.ca,
    cert: as.cert,
    key: as.key,
    headers: { ...(own && { authorization: `Bearer ${own}` }), ...headers },
  })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, headers: response.headers, text }
}

test('the gateway tells the upstream who the client is, and a client cannot set that identity', async () => {
  let seen: string[] = []
  let path = ''
  answer = (request, response) => {
    seen = request.rawHeaders
    path = request.url ?? ''
    response.end('ok')
  }
  const forged = {
    'Client-Cert': ':Zm9yZ2Vk:',
    client_cert: ':Zm9yZ2Vk:',
    'CLIENT-CERT-CHAIN': ':Zm9yZ2Vk:',
    'X-Client-Cert': 'forged',
    X_Client_Cert: 'forged',
    'X-SSL-Client-Verify': 'forged',
    'X-SSL-Cert': 'forged',
    'SSL-Client-S-Dn': 'forged',
    'X-Forwarded-Client-Cert': 'forged',
    X_Forwarded_Client_Cert: 'forged',
    'X-Forwarded-For': '198.51.100.1',
    'X-Forwarded-Proto': 'http',
    Forwarded: 'for=198.51.100.1',
    'X-Real-IP': '198.51.100.1',
    'Postern-Trace-Id': 'forged',
    'X-Mine': 'kept',
    'X-Secret-Hop': 'dropped',
    Connection: 'close, X-Secret-Hop, Client-Cert',
    TE: 'trailers',
  }
  expect((await send('/a/b?c=%20d', { headers: forged })).status).toBe(200)
  expect(path).toBe('/base/a/b?c=%20d')
  const headers = new Map<string, string[]>()
  for (let i = 0; i < seen.length; i += 2) {
    const name = (seen[i] as string).toLowerCase().replaceAll('_', '-')
    headers.set(name, [...(headers.get(name) ?? []), seen[i + 1] as string])
  }
  expect(headers.get('client-cert')).toEqual([`:${Buffer.from(client.der).toString('base64')}:`])
  expect(headers.get('client-cert-chain')).toHaveLength(1)
  expect(headers.get('x-forwarded-for')).toEqual(['127.0.0.1'])
  expect(headers.get('x-forwarded-proto')).toEqual(['https'])
  expect(headers.get('x-mine')).toEqual(['kept'])
  expect(headers.has('x-secret-hop')).toBe(false)
  expect(headers.has('te')).toBe(false)
  expect(JSON.stringify(seen)).not.toMatch(/forged|Zm9yZ2Vk|198\.51/)
})

test('the gateway forwards bodies of any size unchanged in both directions', async () => {
  const sent = Buffer.alloc(3_000_000, 'postern ')
  answer = (request, response) => {
    response.writeHead(201, {
      'x-answer': 'yes',
      'set-cookie': ['a=1', 'b=2'],
      connection: 'x-hop',
      'x-hop': '1',
      'Postern-Trace-Id': ['forged', 'again'],
    })
    request.pipe(response)
  }
  const { status, headers, text } = await send('/echo', { method: 'POST', body: sent })
  expect({ status, same: text === sent.toString() }).toEqual({ status: 201, same: true })
  expect(headers['x-answer']).toBe('yes')
  expect(headers['postern-trace-id']).toMatch(/^[0-9a-f]{32}$/)
  expect(headers['set-cookie']).toEqual(['a=1', 'b=2'])
  expect(headers['x-hop']).toBeUndefined()
})

test('the gateway serves HTTP/2 and answers HEAD', async () => {
  answer = (request, response) => {
    let size = 0
    request.on('data', (chunk) => {
      size += chunk.length
    })
    request.on('end', () => response.end(`${request.method} ${size} ${request.headers.cookie}`))
  }
  const session = connectHttp2(harness.url(), { ca: harness.ca, cert: client.cert, key: client.key })
  const stream = session.request({
    ':path': '/h2',
    ':method': 'POST',
    authorization: `Bearer ${token}`,
    cookie: ['a=1', 'b=2'],
  })
  stream.end('12345')
  let text = ''
  for await (const chunk of stream) text += chunk
  expect(text).toBe('POST 5 a=1; b=2')
  session.close()
  const head = await send('/h', { method: 'HEAD' })
  expect(head).toMatchObject({ status: 200, text: '' })
})

test('the gateway streams a response and pauses the upstream while the client does not read', async () => {
  let written = 0
  answer = (_request, response) => {
    const chunk = Buffer.alloc(65_536)
    const write = () => {
      while (!response.destroyed && response.write(chunk)) written += chunk.length
      if (!response.destroyed) response.once('drain', write)
    }
    write()
  }
  const request = httpsRequest(`${harness.url()}/endless`, {
    agent: false,
    ca: harness.ca,
    cert: client.cert,
    key: client.key,
    headers: { authorization: `Bearer ${token}` },
  })
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  await once(response, 'readable')
  await new Promise((resolve) => setTimeout(resolve, 500))
  const before = written
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(written).toBe(before)
  expect(written).toBeLessThan(50_000_000)
  response.destroy()
})

test('the gateway closes the upstream request when the client disconnects', async () => {
  const gone = new Promise<void>((resolve) => {
    answer = (request, response) => {
      response.writeHead(200)
      response.write('begun')
      request.socket.once('close', () => resolve())
    }
  })
  const request = httpsRequest(`${harness.url()}/slow`, {
    agent: false,
    ca: harness.ca,
    cert: client.cert,
    key: client.key,
    headers: { authorization: `Bearer ${token}` },
  })
  request.on('error', () => {})
  request.end()
  await once(request, 'response')
  request.destroy()
  await gone
})

test('the gateway cuts off an open response when the certificate is revoked', async () => {
  const mortal = await harness.issue()
  const own = await fetchToken(mortal, 'production')
  answer = (_request, response) => {
    response.writeHead(200)
    response.write('begun')
  }
  const request = httpsRequest(`${harness.url()}/stream`, {
    agent: false,
    ca: harness.ca,
    cert: mortal.cert,
    key: mortal.key,
    headers: { authorization: `Bearer ${own}` },
  })
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.resume()
  const cut = once(response, 'error')
  await harness.revoke(mortal.id)
  await cut
})

test('the gateway reports and records that the upstream is unavailable', async () => {
  const stage = await harness.issue({ environment: 'staging' })
  const own = await fetchToken(stage, 'staging')
  const { status, text } = await send('/x', { as: stage, environment: 'staging', token: own })
  expect({ status, code: JSON.parse(text).code }).toEqual({ status: 502, code: 'upstream_unavailable' })
  expect(JSON.parse(text).detail).toMatch(/could not be reached. The call was not sent/)
  await harness.untilActivity((row) => row.code === 'upstream_unavailable' && row.certificate_id === stage.id)
})

test('the gateway cuts off a response where the upstream cuts it off', async () => {
  answer = (request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('half', () => request.socket.destroy())
  }
  await expect(send('/broken')).rejects.toThrow()
})

test('the gateway sends 100 Continue for a request that is allowed', async () => {
  answer = (request, response) => {
    request.pipe(response)
  }
  const request = httpsRequest(`${harness.url()}/upload`, {
    method: 'PUT',
    agent: false,
    ca: harness.ca,
    cert: client.cert,
    key: client.key,
    headers: { authorization: `Bearer ${token}`, expect: '100-continue', 'content-length': '5' },
  })
  request.flushHeaders()
  await once(request, 'continue')
  request.end('12345')
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += chunk
  expect(text).toBe('12345')
})

test('the gateway sends no 100 Continue for a request that is denied', async () => {
  const request = httpsRequest(`${harness.url()}/payments`, {
    method: 'POST',
    agent: false,
    ca: harness.ca,
    headers: { expect: '100-continue', 'content-length': '10' },
  })
  let continued = false
  request.on('continue', () => {
    continued = true
  })
  request.on('error', () => {})
  request.flushHeaders()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  expect({ status: response.statusCode, continued }).toEqual({ status: 403, continued: false })
  request.destroy()
})
