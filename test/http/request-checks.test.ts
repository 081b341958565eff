import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import spectralCore, { type RulesetDefinition } from '@stoplight/spectral-core'
import { oas } from '@stoplight/spectral-rulesets'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { toOpenApi } from '../../src/http/openapi.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { takeStoreAway } from '../support/make-store-unavailable.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { signIn } from '../support/users.ts'

// A CommonJS module whose members Node does not find by their names.
const { Spectral } = spectralCore
let postern: LocalPostern
const api = (path: string, options?: RequestInit) => fetch(`${postern.portalUrl}/api/v1${path}`, options)
const json = (body: unknown, headers = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code

beforeAll(async () => {
  postern = await openPostern({ listens: true })
})
afterAll(() => postern?.stop())

test('the OpenAPI document passes the strict rules of an independent validator', async () => {
  const config = await createConfig({ extends: ['recommended-strict'] })
  const source = JSON.stringify(toOpenApi('https://portal.example'))
  const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config })
  expect(problems.map(({ message, ruleId }) => `${ruleId}: ${message}`)).toEqual([])
})

test('the OpenAPI document passes the rules of Spectral without a warning', async () => {
  const spectral = new Spectral()
  spectral.setRuleset({ extends: [oas] } as RulesetDefinition)
  const problems = await spectral.run(JSON.stringify(toOpenApi('https://portal.example')))
  expect(problems.map(({ code, message, path }) => `${code}: ${message} ${path.join('/')}`)).toEqual([])
})

test('the served OpenAPI document is the one of the operations', async () => {
  const served = await (await api('/openapi.json')).json()
  expect(served).toEqual(JSON.parse(JSON.stringify(toOpenApi(postern.portalUrl))))
})

test('the document of a gateway is served for each environment, without a session', async () => {
  for (const name of ['production', 'staging']) {
    const answer = await api(`/environments/${name}/gateway-openapi.json`)
    const { openapi, servers, paths } = (await answer.json()) as Record<string, unknown>
    expect([answer.status, openapi]).toEqual([200, '3.1.0'])
    expect(servers).toMatchObject([{ url: postern.gateways[name] }])
    expect(paths).toHaveProperty('/token')
  }
})

test('the page cannot be framed, sniffed or scripted from another origin, and is served at every path', async () => {
  for (const path of ['/', '/organizations/acme/production/certificates']) {
    const response = await fetch(postern.portalUrl + path)
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('<div id="root">')
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe-inline')
    expect(response.headers.get('permissions-policy')).toContain('geolocation=()')
    expect(response.headers.get('postern-trace-id')).toMatch(/^[0-9a-f]{32}$/)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  }
})

describe('the API rejects without authentication', () => {
  test('a path that the API does not have', async () => {
    const response = await api('/nothing')
    expect([response.status, response.headers.get('content-type')]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ])
    expect(await codeOf(response)).toBe('not_found')
  })

  test('a body that is too large', async () => {
    const response = await api('/session', json({ email: 'x'.repeat(200_000), password: 'x' }))
    expect([response.status, await codeOf(response)]).toEqual([413, 'body_too_large'])
  })

  test.each(['{"email":', 'null', '[]', '"text"', '{"__proto__":{"x":1}}'])('the body %s', async (body) => {
    const response = await api('/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    expect([response.status, await codeOf(response)]).toEqual([400, 'bad_request'])
  })
})

test('an API response is not cacheable', async () => {
  const response = await api('/session')
  expect([response.status, response.headers.get('cache-control')]).toEqual([401, 'no-store'])
})

/** Returns the response to a request target exactly as given; fetch would normalize it. */
async function ask(url: string, method: string, target: string, headers: Record<string, string> = {}) {
  const { hostname, port } = new URL(url)
  const sent = request({
    hostname,
    port,
    method,
    path: target,
    agent: false,
    headers: { connection: 'close', ...headers },
  })
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  for await (const part of response.setEncoding('utf8')) text += part
  return { status: response.statusCode, headers: response.headers, text }
}

describe('request targets', () => {
  test.each([
    ['/%61pi/v1/session'],
    ['/api/v1/%73ession'],
    ['/api/v1/./session'],
    ['/api/v1/../v1/session'],
    ['/api//v1/session'],
    ['//api/v1/session'],
    ['/api/v1/organizations/%ff/environments'],
    ['/api/v1/organizations/%/environments'],
    ['/api/v1/organizations/%00/environments'],
    ['/api/v1/organizations/acme%2fx/environments'],
    ['/api/v1/session#x'],
    ['/api/v1/session?x=%ff'],
    ['/assets/..%2f..%2fpackage.json'],
    ['/assets/%2e%2e/index.html'],
    ['/..%5c..%5cpackage.json'],
    ['/%00'],
  ])('%s gets a problem document', async (target) => {
    const { status, headers, text } = await ask(postern.portalUrl, 'GET', target)
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([
      400,
      'application/problem+json; charset=utf-8',
      'no-store',
    ])
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(JSON.parse(text)).toMatchObject({ code: 'bad_request', traceId: expect.any(String) })
  })

  test.each([['/%2561ssets'], ['/%C5%82'], ['/API/v1/session']])('%s gets the page', async (target) => {
    const { status, text } = await ask(postern.portalUrl, 'GET', target)
    expect([status, text.includes('<div id="root">')]).toEqual([200, true])
  })

  test('the absolute form gets the same response, with the same headers', async () => {
    const { status, headers } = await ask(postern.portalUrl, 'GET', `${postern.portalUrl}/api/v1/session`)
    expect([status, headers['cache-control']]).toEqual([401, 'no-store'])
  })
})

describe('response headers', () => {
  test.each([
    ['GET', '/api/v1/session', 401],
    ['HEAD', '/api/v1/session', 401],
    ['OPTIONS', '/api/v1/session', 405],
    ['PUT', '/api/v1/session', 405],
    ['TRACE', '/api/v1/session', 405],
    ['GET', '/api/v1/nothing', 404],
    ['GET', '/api/v1/openapi.json', 200],
    ['GET', '/api/v1/environments/production/gateway-openapi.json', 200],
    ['HEAD', '/api/v1/environments/production/gateway-openapi.json', 200],
    ['POST', '/api/v1/environments/production/gateway-openapi.json', 405],
    ['GET', '/api/v1/environments/none/gateway-openapi.json', 404],
    ['GET', '/healthz', 200],
    ['POST', '/healthz', 405],
    ['GET', '/readyz', 200],
    ['HEAD', '/readyz', 200],
    ['POST', '/readyz', 405],
    ['HEAD', '/api/v1/organizations/acme/certificates/crt_00000000000000000000000000/activity/stream', 401],
    ['PROPFIND', '/api/v1/session', 501],
    ['MKCOL', '/', 501],
  ])('%s %s has program headers and is not cacheable', async (method, target, status) => {
    const answer = await ask(postern.portalUrl, method, target)
    expect(answer.status).toBe(status)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.headers['content-security-policy']).toBe("default-src 'none';frame-ancestors 'none'")
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
    expect(answer.headers['postern-trace-id']).toMatch(/^[0-9a-f]{32}$/)
    expect(answer.headers['permissions-policy']).toContain('camera=()')
    if (status === 405) expect(answer.headers.allow).toMatch(/^[A-Z, ]+$/)
    // A known scheme in WWW-Authenticate would make browsers prompt for a password.
    if (status === 401) expect(answer.headers['www-authenticate']).toBe('Cookie realm="Postern"')
  })

  test.each([
    ['GET', '/healthz'],
    ['GET', '/api/v1/session'],
    ['GET', '/api/v1/nothing'],
    ['MKCOL', '/'],
    ['GET', '/organizations/acme'],
    ['GET', '/%zz'],
  ])('%s %s has the trace ID of a valid traceparent, and a new one for any other', async (method, target) => {
    const id = '4bf92f3577b34da6a3ce929d0e0e4736'
    for (const base of [postern.portalUrl, postern.publicUrl]) {
      const traced = await ask(base, method, target, { traceparent: `00-${id}-00f067aa0ba902b7-01` })
      expect(traced.headers['postern-trace-id']).toBe(id)
      if (Number(traced.status) >= 400) expect(JSON.parse(traced.text).traceId).toBe(id)
      const invalid = await ask(base, method, target, { traceparent: `00-${id}-0000000000000000-01` })
      expect(invalid.headers['postern-trace-id']).toMatch(/^[0-9a-f]{32}$/)
      expect(invalid.headers['postern-trace-id']).not.toBe(id)
    }
  })

  test('the page is revalidated each time, its files are cached, and its paths allow only GET and HEAD', async () => {
    const page = await ask(postern.portalUrl, 'GET', '/organizations/acme')
    expect(page.headers['cache-control']).toBe('no-store')
    expect((await ask(postern.portalUrl, 'HEAD', '/organizations/acme')).status).toBe(200)
    const [file = ''] = /\/assets\/[\w.-]+\.js/.exec(page.text) ?? []
    const script = await ask(postern.portalUrl, 'GET', file)
    expect([script.status, script.headers['cache-control']]).toEqual([
      200,
      'public, max-age=31536000, immutable',
    ])
    const refused = await ask(postern.portalUrl, 'POST', '/organizations/acme')
    expect([refused.status, refused.headers.allow]).toEqual([405, 'GET, HEAD'])
    expect(JSON.parse(refused.text).code).toBe('method_not_allowed')
  })
})

test('password guessing is throttled whatever address the client claims; other users are not', async () => {
  const attempt = (email: string, number: number) =>
    api('/session', json({ email, password: 'a wrong password' }, { 'x-forwarded-for': `192.0.2.${number}` }))
  const statuses: number[] = []
  for (let number = 1; number <= 12; number++)
    statuses.push((await attempt('Admin@acme.example', number)).status)
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401))
  expect(statuses.slice(10)).toEqual([429, 429])
  expect((await attempt('admin@globex.example', 1)).status).toBe(401)
  const refused = await attempt('admin@acme.example', 1)
  expect([await codeOf(refused), refused.headers.has('retry-after')]).toEqual(['too_many_requests', true])
})

test('an account can have 20 open event streams, and other accounts are not affected', async () => {
  const params = { organization: 'globex', environment: 'production' }
  const admin = await signInFirst(postern, 'admin@globex.example')
  const { id } = await admin.call(operations.createCertificate, { params, body: {} })
  const open: AbortController[] = []
  const watch = async (client: ApiClient) => {
    const gone = new AbortController()
    open.push(gone)
    const stream = `/organizations/globex/certificates/${id}/activity/stream`
    return api(stream, { headers: { cookie: client.cookie() }, signal: gone.signal })
  }
  const statuses: number[] = []
  for (let number = 0; number < 21; number++) statuses.push((await watch(admin)).status)
  expect(statuses).toEqual([...Array(20).fill(200), 429])
  const operator = await signInFirst(postern, 'operator@postern.example')
  expect((await watch(operator)).status).toBe(200)
  for (const gone of open) gone.abort()
  await expect.poll(async () => (await watch(admin)).status).toBe(200)
  open.at(-1)?.abort()
})

test('while the store is unavailable every response says so with Retry-After, and the log says it once', async () => {
  const operator = await signIn(postern, 'operator@postern.example')
  const params = { organization: 'globex', environment: 'production' }
  const { items } = await operator.call(operations.listCertificates, { params })
  const { items: authorities } = await operator.call(operations.listCertificateAuthorities)
  const list = authorities[0]?.revocationListUrl ?? ''
  const before = Buffer.from(await (await fetch(list)).arrayBuffer())
  const lines = () =>
    postern
      .output()
      .split('\n')
      .filter((line) => /"name":"portal".*"store":/.test(line))
  const bringBack = await takeStoreAway(postern.storage)
  const stream = `/organizations/globex/certificates/${items[0]?.id}/activity/stream`
  const certificates = '/organizations/globex/certificates'
  const cookie = { headers: { cookie: operator.cookie() } }
  for (let round = 0; round < 5; round++)
    for (const answer of [
      await api('/session', json({ email: 'admin@globex.example', password: 'whatever it is' })),
      await api(certificates, cookie),
      await api(stream, cookie),
      await fetch(list.replace(/[^/]*\.crl$/, 'iss_00000000000000000000000000.crl')),
    ]) {
      const text = await answer.text()
      expect([answer.status, text]).toEqual([503, expect.stringContaining('"code":"storage_unavailable"')])
      expect(answer.headers.get('retry-after')).toBe('60')
      expect(text).not.toMatch(/sqlite|postern\.db|deleted|\.ts\b/i)
    }
  const readiness = () => fetch(`${postern.portalUrl}/readyz`)
  await expect.poll(async () => (await readiness()).status, { timeout: 10_000 }).toBe(503)
  expect(await (await readiness()).json()).toEqual({ status: 'not_ready' })
  expect(Buffer.from(await (await fetch(list)).arrayBuffer())).toEqual(before)
  expect(lines()).toHaveLength(1)
  expect(lines()[0]).toMatch(/database file .*postern\.db cannot be opened/)
  expect(postern.output()).not.toContain('request failed')
  await bringBack()
  await expect.poll(async () => (await api(certificates, cookie)).status).toBe(200)
  await expect.poll(async () => (await readiness()).status, { timeout: 10_000 }).toBe(200)
  await expect.poll(() => lines().at(-1), { timeout: 10_000 }).toContain('The store can be used again')
})
