import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCredentialToken } from '../support/fetch-token.ts'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'

let harness: GatewayHarness
let client: TestClient
let token: string

beforeAll(async () => {
  harness = await openGatewayHarness({ authorizer: true, reservedHeaders: ['X-Acme-Caller', 'Acme_Role_*'] })
  client = await harness.issue()
  token = await createCredentialToken(harness, client)
})
afterAll(() => harness[Symbol.asyncDispose]())

interface Answer {
  status: number
  headers: NodeJS.Dict<string | string[]>
  body: { code?: string; detail?: string; traceId?: string } | undefined
}

type Headers = Record<string, string | string[]>

const ask = (path: string, headers: Headers, method = 'GET'): Promise<Answer> =>
  askAt({ port: harness.gateways[0]?.authorizerPort, host: '127.0.0.1' }, path, headers, method)

function askAt(
  where: { port?: number | undefined; host?: string; socketPath?: string },
  path: string,
  headers: Headers,
  method = 'GET',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ ...where, path, method, headers }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      const body = text.startsWith('{') ? JSON.parse(text) : undefined
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
    })
    asked.once('error', reject).end()
  })
}

const escaped = () => encodeURIComponent(client.cert)
const base64 = () => Buffer.from(client.der).toString('base64')
const call = { 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/payments', 'x-forwarded-for': '192.0.2.7' }
const authorization = () => ({ authorization: `Bearer ${token}` })
const passed = () => ({
  status: 200,
  headers: { 'postern-certificate': client.name, 'postern-organization': 'acme' },
})

test('the authorizer reads authorization requests of Envoy: the request path follows the prefix', async () => {
  const xfcc = `Hash=${'ab'.repeat(32)};Cert="${escaped()}";Subject="";URI=spiffe://x`
  const headers = { 'x-forwarded-client-cert': xfcc, 'x-forwarded-for': '192.0.2.7', ...authorization() }
  const answer = await ask('/authorize/production/envoy/payments?a=b', headers, 'DELETE')
  expect(answer).toMatchObject(passed())
  const [row] = await harness.untilActivity(({ trace_id }) => trace_id === answer.headers['postern-trace-id'])
  expect(row).toMatchObject({ method: 'DELETE', path: '/payments', client_address: '192.0.2.7' })
})

test('the authorizer says when the certificate ends, with what passes and with what does not', async () => {
  const end = Math.floor(Date.now() / 1000 + 3 * 86_400) * 1000
  const soon = await harness.issue({ notAfter: end })
  const headers = { ...call, 'postern-client-cert': encodeURIComponent(soon.cert) }
  const own = { authorization: `Bearer ${await createCredentialToken(harness, soon)}` }
  const told = { 'postern-certificate-expires': new Date(end).toUTCString() }
  const answers = [await ask('/authorize/production/nginx', { ...headers, ...own })]
  answers.push(await ask('/authorize/production/nginx', headers))
  expect(answers).toMatchObject([
    { status: 200, headers: told },
    { status: 401, headers: told },
  ])
  const far = await ask('/authorize/production/haproxy', {
    ...{ ...call, ...authorization(), 'postern-client-cert': base64() },
  })
  expect([far.status, far.headers['postern-certificate-expires']]).toEqual([200, undefined])
})

test('the authorizer reads authorization requests of Traefik: base64 of the leaf, then of its chain', async () => {
  const headers = {
    ...call,
    ...authorization(),
    'x-forwarded-tls-client-cert': `${base64()},${'A'.repeat(64)}`,
  }
  expect(await ask('/authorize/production/traefik', headers)).toMatchObject(passed())
  const old = { ...headers, 'x-forwarded-tls-client-cert': encodeURIComponent(base64()) }
  expect(await ask('/authorize/production/traefik', old)).toMatchObject(passed())
})

test('the authorizer reads the certificate only from the header of the configured reverse proxy', async () => {
  const all: Record<string, string> = {
    'postern-client-cert': base64(),
    'x-forwarded-tls-client-cert': base64(),
    'x-forwarded-client-cert': `Cert="${escaped()}"`,
    'client-cert': `:${base64()}:`,
    'x-ssl-client-cert': escaped(),
  }
  const own = {
    haproxy: 'postern-client-cert',
    caddy: 'postern-client-cert',
    traefik: 'x-forwarded-tls-client-cert',
    envoy: 'x-forwarded-client-cert',
  }
  for (const [proxy, header] of Object.entries(own)) {
    const { [header]: _own, ...others } = all
    const path = `/authorize/production/${proxy}${proxy === 'envoy' ? '/payments' : ''}`
    const without = await ask(path, { ...others, ...call, ...authorization() })
    expect({ edge: proxy, code: without.body?.code }).toEqual({ edge: proxy, code: 'certificate_missing' })
    // If a proxy forwards every header, the certificate headers of other proxies are denied.
    const shown = proxy === 'haproxy' || proxy === 'envoy' ? all : { [header]: all[header] as string }
    expect((await ask(path, { ...shown, ...call, ...authorization() })).status).toBe(200)
  }
})

test.each(['nginx', 'haproxy', 'caddy', 'envoy', 'traefik'])(
  'the authorizer denies a request with two access tokens from %s',
  async (proxy) => {
    const certificates: Headers = {
      'postern-client-cert': proxy === 'nginx' ? escaped() : base64(),
      'x-forwarded-tls-client-cert': base64(),
      'x-forwarded-client-cert': `Cert="${escaped()}"`,
    }
    const header = { traefik: 'x-forwarded-tls-client-cert', envoy: 'x-forwarded-client-cert' }[proxy]
    const own = { [header ?? 'postern-client-cert']: certificates[header ?? 'postern-client-cert'] as string }
    const path = `/authorize/production/${proxy}${proxy === 'envoy' ? '/payments' : ''}`
    expect((await ask(path, { ...own, ...call, ...authorization() })).status).toBe(200)
    for (const second of ['Bearer other', `Bearer ${token}`, 'Basic YTpi']) {
      const twice = { authorization: [`Bearer ${token}`, second] }
      const { status, body, headers } = await ask(path, { ...own, ...call, ...twice })
      expect({ status, code: body?.code }).toEqual({
        status: proxy === 'nginx' ? 403 : 400,
        code: 'bad_request',
      })
      const [row] = await harness.untilActivity(({ trace_id }) => trace_id === headers['postern-trace-id'])
      expect(row).toMatchObject({ code: 'bad_request', outcome: 'refused', certificate_id: client.id })
    }
  },
)

test.each(['nginx', 'caddy', 'traefik'])(
  'the authorizer denies headers that %s should have removed, in any spelling',
  async (proxy) => {
    const own: Headers =
      proxy === 'traefik'
        ? { 'x-forwarded-tls-client-cert': base64() }
        : { 'postern-client-cert': proxy === 'nginx' ? escaped() : base64() }
    const claims = [
      ...[
        'Client-Cert',
        'Client_Cert',
        'postern_client_cert',
        'Postern.Organization',
        'X-Remote-User',
        'SM_USER',
      ],
      ...['Cf-Access-Jwt-Assertion', 'X-Ms-Client-Principal', 'Proxy', 'X_Forwarded_For', 'X-Original-URL'],
      ...['X-Acme-Caller', 'x_acme_caller', 'Acme-Role-Admin', 'X-Ssl-Anything-New'],
    ]
    for (const name of claims) {
      const { status, body } = await ask(`/authorize/production/${proxy}`, {
        ...own,
        ...call,
        ...authorization(),
        [name]: 'claimed',
      })
      expect({ name, status, code: body?.code }).toEqual({
        name,
        status: proxy === 'nginx' ? 403 : 400,
        code: 'bad_request',
      })
      expect(body?.detail).toContain(name.toLowerCase())
    }
    const others = { 'x-user-agent': 'grpc-web', 'x-request-id': 'a', 'x-client-id': 'shop', host_: 'a' }
    const passes = await ask(`/authorize/production/${proxy}`, {
      ...own,
      ...call,
      ...authorization(),
      ...others,
    })
    expect(passes.status).toBe(200)
  },
)

const secret = 'Q2hhbmdlIG1lIGJlZm9yZSB1c2UsIHBsZWFzZQ=='

test('the authorizer closes requests without the shared secret and logs that once per minute', async () => {
  await using guarded = await openGatewayHarness({ authorizer: true, authorizerSecret: secret })
  const own = await guarded.issue()
  const certificate = { 'postern-client-cert': Buffer.from(own.der).toString('base64') }
  const bearer = { authorization: `Bearer ${await createCredentialToken(guarded, own)}` }
  const where = { port: guarded.gateways[0]?.authorizerPort, host: '127.0.0.1' }
  const decide = (headers: Headers, path = '/authorize/production/haproxy', method = 'GET') =>
    askAt(where, path, { ...call, ...certificate, ...bearer, ...headers }, method)

  const wrong: Headers[] = [
    {},
    { 'postern-authorizer-secret': '' },
    { 'postern-authorizer-secret': secret.slice(0, -1) },
    { 'postern-authorizer-secret': `${secret} x` },
    { 'postern-authorizer-secret': [secret, secret] },
    { postern_authorizer_secret: secret },
  ]
  for (const headers of wrong) {
    const { status, body } = await decide(headers)
    expect({ headers, status, code: body?.code }).toEqual({
      headers,
      status: 500,
      code: 'authorizer_secret_wrong',
    })
    expect(JSON.stringify(body)).not.toContain(secret)
    expect(body?.traceId).toMatch(/^[0-9a-f]{32}$/)
  }
  expect((await decide({}, '/endpoints/production/haproxy/whoami')).body?.code).toBe(
    'authorizer_secret_wrong',
  )
  expect((await decide({}, '/endpoints/production/haproxy/token', 'POST')).status).toBe(500)
  expect((await askAt(where, '/healthz', {})).status).toBe(200)
  const right = { 'postern-authorizer-secret': secret }
  expect((await decide(right)).status).toBe(200)
  expect((await decide(right, '/endpoints/production/haproxy/whoami')).status).toBe(200)

  const isTold = ({ code }: { code: string | null }) => code === 'authorizer_secret_wrong'
  const [row, ...more] = await guarded.untilActivity(isTold)
  expect(more).toEqual([])
  expect(row).toMatchObject({ outcome: 'refused', client_address: '127.0.0.1', certificate_id: null })
  expect(guarded.logged).toHaveLength(1)
  guarded.shiftClock(61_000)
  await decide({})
  expect(await guarded.untilActivity(isTold, 2)).toHaveLength(2)
  expect(guarded.logged[1]).toContain('8 times')
  expect(JSON.stringify([guarded.logged, await guarded.untilActivity(() => true)])).not.toContain(secret)
})

test('the authorizer listens on a Unix socket for its group, and another process can take the socket over', async () => {
  await using held = await openGatewayHarness({ authorizer: { mode: 0o660 }, gateways: 2, drainSeconds: 1 })
  const socketPath = join(held.folder, 'authorizer.sock')
  const own = await held.issue()
  const headers = {
    ...call,
    'postern-client-cert': Buffer.from(own.der).toString('base64'),
    authorization: `Bearer ${await createCredentialToken(held, own)}`,
  }
  const decide = () => askAt({ socketPath }, '/authorize/production/haproxy', headers)
  expect((await decide()).status).toBe(200)
  expect(statSync(socketPath).mode & 0o777).toBe(0o660)
  expect(held.gateways.map(({ authorizerPort }) => authorizerPort)).toEqual([undefined, undefined])

  await held.gateways[0]?.close()
  const again = async (): Promise<number> => {
    for (const end = Date.now() + 10_000; Date.now() < end; await wait(50)) {
      const status = await decide().then(
        ({ status }) => status,
        () => 0,
      )
      if (status !== 0) return status
    }
    return 0
  }
  expect(await again()).toBe(200)
  expect(statSync(socketPath).mode & 0o777).toBe(0o660)
})

test.each([
  ['rubbish', () => 'abc'],
  ['broken percent-encoding', () => '%E0%A4%A'],
  ['two certificates', () => `${escaped()}, ${escaped()}`],
  ['a certificate with trailing data', () => `${escaped()}${encodeURIComponent('x')}`],
])('the authorizer denies a certificate header with %s', async (_what, value) => {
  const headers = { ...call, ...authorization(), 'postern-client-cert': value() }
  const { status, body } = await ask('/authorize/production/nginx', headers)
  expect({ status, code: body?.code }).toEqual({ status: 403, code: 'certificate_malformed' })
})

test('the authorizer accepts neither value of a repeated header', async () => {
  const headers = { ...call, ...authorization(), 'postern-client-cert': [base64(), base64()] }
  const { body } = await ask('/authorize/production/haproxy', headers)
  expect(body?.code).toBe('certificate_malformed')
})

test.each([
  ['TRACE', 405, 'method_not_allowed'],
  ['FOO', 501, 'method_unknown'],
  ['get', 501, 'method_unknown'],
])('the authorizer denies the request method %s, as the gateway does', async (method, status, code) => {
  const headers = {
    ...call,
    'x-forwarded-method': method,
    'postern-client-cert': base64(),
    ...authorization(),
  }
  expect(await ask('/authorize/production/haproxy', headers)).toMatchObject({ status, body: { code } })
})

test('/endpoints lists the methods of a path in Allow and answers HEAD', async () => {
  const headers = { 'postern-client-cert': base64() }
  const answer = await ask('/endpoints/production/haproxy/whoami', headers, 'DELETE')
  expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
  expect((await ask('/endpoints/production/haproxy/jwks.json', headers, 'HEAD')).status).toBe(200)
})

test('the authorizer requires a token and sends a WWW-Authenticate challenge', async () => {
  const headers = { ...call, 'postern-client-cert': base64() }
  const { status, headers: answered, body } = await ask('/authorize/production/haproxy', headers)
  expect({ status, code: body?.code }).toEqual({ status: 401, code: 'token_missing' })
  expect(answered['www-authenticate']).toBe('Bearer realm="postern"')
})

test('the authorizer writes the denial into a header for nginx, in characters that a header allows', async () => {
  const { headers } = await ask('/authorize/production/nginx', { ...call })
  const problem = String(headers['postern-problem'])
  expect(problem).toMatch(/^[\x20-\x7e]+$/)
  expect(JSON.parse(problem)).toMatchObject({ code: 'certificate_missing', status: 403 })
})

test('the authorizer allows no request if the reverse proxy is misconfigured', async () => {
  const certificate = { 'postern-client-cert': base64(), ...authorization() }
  for (const path of [
    '/authorize/nowhere/haproxy',
    '/authorize/production/apache',
    '/authorize/production',
    '/',
  ])
    expect({ path, status: (await ask(path, { ...call, ...certificate })).status }).toEqual({
      path,
      status: 500,
    })
  expect((await ask('/authorize/production/haproxy', certificate)).status).toBe(500)
})

test("/endpoints serves the gateway's own endpoints", async () => {
  const headers = { 'postern-client-cert': base64(), ...authorization() }
  expect((await ask('/endpoints/production/haproxy/whoami', headers)).status).toBe(200)
  const { status, body } = await ask('/endpoints/production/haproxy/payments', headers)
  expect({ status, code: body?.code }).toEqual({ status: 404, code: 'route_unknown' })
})

test('the authorizer answers the health check', async () => {
  const { status, headers } = await ask('/healthz', {})
  expect(status).toBe(200)
  expect(headers['postern-trace-id']).toMatch(/^[0-9a-f]{32}$/)
})

test('the authorizer answers a reverse proxy on another machine only with a certificate of its CA', async () => {
  const folder = harness.folder
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  for (const name of ['edges', 'strangers'])
    openssl(
      ...['req', '-x509', ...key, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`],
    )
  const files = { certificateFile: join(folder, 'tls/gateway.pem'), keyFile: join(folder, 'tls/gateway.key') }
  await using guarded = await openGatewayHarness({
    authorizer: { ...files, clientCaFile: join(folder, 'edges.pem') },
  })
  const port = guarded.gateways[0]?.authorizerPort
  const health = (name: string | undefined) =>
    new Promise<number | string>((resolve) => {
      const read = (end: string) => name && readFileSync(join(folder, `${name}.${end}`))
      const options = {
        port,
        host: 'localhost',
        path: '/healthz',
        ca: harness.ca,
        cert: read('pem'),
        key: read('key'),
      }
      const asked = requestTls({ ...options, agent: false }, (response) => resolve(response.statusCode ?? 0))
      asked.once('error', () => resolve('refused')).end()
    })
  expect(await Promise.all(['edges', 'strangers', undefined].map(health))).toEqual([
    200,
    'refused',
    'refused',
  ])
})

test('the authorizer answers a denied request after its body has arrived, so that the connection is reusable', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const options = { port: harness.gateways[0]?.authorizerPort, host: '127.0.0.1', agent }
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': 10 }
  const asked = request({
    ...options,
    path: '/endpoints/production/haproxy/token',
    method: 'POST',
    headers,
  })
  const answered = once(asked, 'response')
  asked.flushHeaders()
  const isEarly = await Promise.race([answered.then(() => true), wait(300).then(() => false)])
  expect(isEarly).toBe(false)
  asked.end('0123456789')
  const [refused] = await answered
  expect(refused.statusCode).toBe(401)
  refused.resume()
  await once(refused, 'end')
  const next = request({ ...options, path: '/endpoints/production/haproxy/jwks.json' }).end()
  const [response] = await once(next, 'response')
  expect(response.statusCode).toBe(200)
  expect(next.reusedSocket).toBe(true)
  agent.destroy()
})
