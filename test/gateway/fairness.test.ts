import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { expect, onTestFinished, test } from 'vitest'
import type { EnvironmentSettings } from '../../src/config/environment-settings.ts'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'
import { type GatewayTestClient, openTestClient } from '../support/gateway-test-client.ts'
import { openUpstream } from '../support/upstream-server.ts'

/**
 * Opens a gateway, an upstream that responds as soon as a request is complete, and a client of each
 * organization.
 */
async function openHarness(
  limits: Partial<EnvironmentSettings['limits']>,
  more: Partial<EnvironmentSettings> = {},
) {
  const upstream = await openUpstream()
  onTestFinished(() => upstream[Symbol.asyncDispose]())
  const production = {
    upstream: upstream.url,
    routes: null,
    ...more,
    limits: limits as EnvironmentSettings['limits'],
  }
  const harness = await openGatewayHarness({ environments: { production } })
  onTestFinished(() => harness[Symbol.asyncDispose]())
  const acme = await openTestClient(harness)
  const globex = await openTestClient(harness, 'production', 'globex')
  return { upstream, world: harness, acme, globex }
}

/** Starts uploads that stop after one byte, over HTTP/2 and HTTP/1.1; returns the responses so far. */
function beginUploads(
  harness: GatewayHarness,
  caller: GatewayTestClient,
  counts: { http2: number; http1: number },
) {
  const codes: string[] = []
  const sessions: ClientHttp2Session[] = []
  const head = { ':path': '/upload', ':method': 'POST', ...caller.bearer }
  for (let i = 0; i < counts.http2; i++) {
    if (i % 100 === 0) sessions.push(connectHttp2(harness.url(), caller.tls).on('error', () => {}))
    const session = sessions.at(-1) as ClientHttp2Session
    const stream = session.request(head)
    stream.on('error', () => {})
    let text = ''
    stream.on('data', (chunk) => {
      text += chunk
    })
    stream.once('end', () => codes.push(text && JSON.parse(text).code))
    stream.write('x')
  }
  const requests = Array.from({ length: counts.http1 }, () => {
    const headers = { ...caller.bearer, 'content-length': '100000' }
    const options = { method: 'POST', agent: false, ...caller.tls, headers }
    const request = httpsRequest(`${harness.url()}/upload`, options)
    request.on('error', () => {})
    request.on('response', async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      codes.push(JSON.parse(text).code)
    })
    request.write('x')
    return request
  })
  onTestFinished(() => {
    for (const session of sessions) session.destroy()
    for (const request of requests) request.destroy()
  })
  return codes
}

/** Sends complete requests over one HTTP/2 connection. */
async function sendAtOnce(harness: GatewayHarness, { tls, bearer }: GatewayTestClient, paths: string[]) {
  const session = connectHttp2(harness.url(), tls)
  await once(session, 'remoteSettings')
  const answers = paths.map(async (path) => {
    const stream = session.request({
      ':path': path,
      ':method': path === '/token' ? 'POST' : 'GET',
      ...bearer,
    })
    const [headers] = await once(stream.end(), 'response')
    let text = ''
    for await (const chunk of stream) text += chunk
    return { status: headers[':status'] as number, headers, text }
  })
  const all = await Promise.all(answers)
  session.close()
  return all
}

const untilSettled = async (isSo: () => boolean): Promise<void> => {
  for (const end = Date.now() + 15_000; !isSo(); ) {
    if (Date.now() > end) throw new Error('not within time')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('stalled one-byte uploads of one organization over HTTP/1.1 and HTTP/2 delay no request of another', {
  timeout: 60_000,
}, async () => {
  const {
    upstream,
    world: harness,
    acme,
    globex,
  } = await openHarness({
    upstreamConnections: 64,
    callsPerOrganization: 0,
    callsPerCertificate: 0,
  })
  const uploads = { http2: 300, http1: 20 }
  beginUploads(harness, acme, uploads)
  // The organization may use half of the connections; its other requests wait.
  await untilSettled(() => upstream.seen.length === 32)
  for (let round = 0; round < 20; round++)
    expect(await globex.call('/quick')).toMatchObject({ status: 200, text: 'ok' })
  const many = await Promise.all(Array.from({ length: 20 }, () => globex.call('/quick')))
  expect(many.map(({ status }) => status)).toEqual(Array(20).fill(200))
})

test('default limits per organization and certificate leave half of the upstream connections free', {
  timeout: 60_000,
}, async () => {
  const { upstream, world: harness, acme, globex } = await openHarness({})
  const codes = beginUploads(harness, acme, { http2: 300, http1: 10 })
  await untilSettled(() => upstream.seen.length === 256 && codes.length === 54)
  expect(new Set(codes)).toEqual(new Set(['certificate_concurrency_limited']))
  expect((await globex.call('/quick')).status).toBe(200)
  const second = await openTestClient(harness)
  const more = beginUploads(harness, second, { http2: 200, http1: 0 })
  const third = await openTestClient(harness)
  more.push(...beginUploads(harness, third, { http2: 100, http1: 0 }))
  await untilSettled(() => upstream.seen.length === 513)
  expect((await globex.call('/quick')).status).toBe(200)
  const refused = await acme.call('/quick')
  expect(refused).toMatchObject({ status: 429, code: 'organization_concurrency_limited' })
  expect(refused.headers['retry-after']).toBe('1')
  await harness.untilActivity((row) => row.code === 'organization_concurrency_limited')
})

test('organizations take turns while all upstream connections are in use', async () => {
  const { upstream, acme, globex } = await openHarness(
    { upstreamConnections: 1 },
    { upstreamTimeouts: { connectSeconds: 30, responseSeconds: 30, idleSeconds: 30 } },
  )
  const answers: (() => void)[] = []
  upstream.answerWith((_request, response) => void answers.push(() => response.end('ok')))
  const calls = [acme.call('/a0')]
  await untilSettled(() => answers.length === 1)
  for (const path of ['/a1', '/a2', '/a3']) {
    calls.push(acme.call(path))
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const other = globex.call('/b1')
  await new Promise((resolve) => setTimeout(resolve, 300))
  for (let i = 1; i <= 5; i++) {
    await untilSettled(() => answers.length === i)
    answers[i - 1]?.()
  }
  expect((await Promise.all([...calls, other])).map(({ status }) => status)).toEqual(Array(5).fill(200))
  expect(upstream.seen.map(({ url }) => url)).toEqual(['/a0', '/a1', '/b1', '/a2', '/a3'])
})

test('a request that gets no upstream connection in time fails and is not sent', async () => {
  const { upstream, acme } = await openHarness(
    { upstreamConnections: 1 },
    { upstreamTimeouts: { connectSeconds: 1, responseSeconds: 30, idleSeconds: 30 } },
  )
  let answer = () => {}
  upstream.answerWith((_request, response) => {
    answer = () => response.end('ok')
  })
  const first = acme.call('/first')
  await untilSettled(() => upstream.seen.length === 1)
  for (const method of ['GET', 'POST']) {
    const refused = await acme.call('/second', { method, body: method === 'POST' ? 'paid' : '' })
    expect(refused).toMatchObject({ status: 503, code: 'upstream_busy' })
    expect(refused.headers['retry-after']).toBe('1')
  }
  answer()
  expect((await first).status).toBe(200)
  expect(upstream.seen.length).toBe(1)
  upstream.answerWith((_request, response) => void response.end('ok'))
  expect((await acme.call('/third')).status).toBe(200)
})

test('the rate limit applies per organization and second, and a response says how much remains', async () => {
  const {
    world: harness,
    acme,
    globex,
  } = await openHarness({
    callsPerSecond: 1,
    burstSeconds: 5,
    callsPerSecondByOrganization: { globex: 1000 },
  })
  const [first] = await sendAtOnce(harness, acme, ['/whoami'])
  expect(first?.headers).toMatchObject({ 'ratelimit-policy': '"organization";q=5;w=5' })
  expect(first?.headers.ratelimit).toMatch(/^"organization";r=\d;t=\d$/)
  const answers = await sendAtOnce(harness, acme, Array(40).fill('/quick'))
  const refused = answers.find(({ status }) => status === 429)
  expect(JSON.parse(refused?.text ?? '').code).toBe('organization_rate_limited')
  expect(refused?.headers).toMatchObject({ 'retry-after': '1', ratelimit: '"organization";r=0;t=5' })
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0)
  const others = await sendAtOnce(harness, globex, Array(40).fill('/quick'))
  expect(others.map(({ status }) => status)).toEqual(Array(40).fill(200))
  const tokens = await sendAtOnce(harness, acme, Array(40).fill('/token'))
  expect(tokens.filter(({ text }) => text.includes('organization_rate_limited')).length).toBeGreaterThan(0)
  const row = await harness.untilActivity(({ code }) => code === 'organization_rate_limited')
  expect(row[0]).toMatchObject({
    organization_id: harness.organizations.acme?.id,
    certificate_id: acme.client.id,
  })
})

test('the gateway adds its rate limit fields to those of the upstream', async () => {
  const { upstream, acme } = await openHarness({ callsPerSecond: 100, burstSeconds: 1 })
  upstream.answerWith((_request, response) => {
    response.writeHead(200, { 'ratelimit-policy': '"day";q=9', ratelimit: '"day";r=8' }).end()
  })
  const { headers } = await acme.call('/x')
  expect(headers['ratelimit-policy']).toBe('"organization";q=100;w=1, "day";q=9')
  expect(headers.ratelimit).toMatch(/^"organization";r=\d+;t=1, "day";r=8$/)
})

test('a WebSocket or an event stream counts as a request in progress while it is open', async () => {
  const { upstream, world: harness, acme } = await openHarness({ callsPerOrganization: 2 })
  upstream.server.on('upgrade', (_request, socket) => {
    socket.on('error', () => {})
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n')
  })
  upstream.answerWith((request, response) => {
    if (request.url !== '/events') return void response.end('ok')
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
  })
  const upgrade = {
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  }
  const opened = []
  for (const [path, headers] of [
    ['/socket', upgrade],
    ['/events', {}],
  ] as const) {
    const request = httpsRequest(`${harness.url()}${path}`, {
      agent: false,
      ...acme.tls,
      headers: { ...acme.bearer, ...headers },
    })
    request.on('error', () => {})
    request.end()
    await once(request, path === '/socket' ? 'upgrade' : 'response')
    opened.push(request)
  }
  expect(await acme.call('/x')).toMatchObject({ status: 429, code: 'organization_concurrency_limited' })
  for (const request of opened) request.destroy()
  for (let status: number | undefined = 429; status !== 200; ) status = (await acme.call('/x')).status
})
