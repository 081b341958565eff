import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCredentialToken } from '../support/fetch-token.ts'
import {
  type GatewayHarness,
  openGatewayHarness,
  type TestClient,
  type TestCredential,
} from '../support/gateway-harness.ts'
import { findFreePort } from '../support/postgres.ts'
import {
  type ProxyProgram,
  type RecordingApi,
  startProxy,
  startRecordingApi,
} from '../support/proxy-program.ts'

const run = promisify(execFile)
let harness: GatewayHarness
let api: RecordingApi
let client: TestClient
let credential: TestCredential

beforeAll(async () => {
  const routes = [
    { path: '/refunds', scope: 'refunds:write' },
    { path: '/payments', scope: 'payments:read' },
  ]
  const scopes = [{ name: 'payments:read' }, { name: 'refunds:write' }]
  harness = await openGatewayHarness({
    authorizer: true,
    environments: {
      production: { routes, scopes: scopes.map((one) => ({ ...one, description: '' })) } as never,
    },
  })
  api = await startRecordingApi()
  client = await harness.issue()
  credential = await harness.createCredential({ scopes: ['payments:read'] })
})
afterAll(async () => {
  api.close()
  await harness[Symbol.asyncDispose]()
})

const authorizerPort = () => harness.gateways[0]?.authorizerPort as number
type Files = Pick<TestClient, 'certFile' | 'keyFile'>

async function curl(files: Files | undefined, url: string, ...more: string[]) {
  const identity = files ? ['--cert', files.certFile, '--key', files.keyFile] : []
  const basic = ['--silent', '--max-time', '10', '--cacert', harness.caFile, '--write-out', '\n%{http_code}']
  const { stdout } = await run('curl', [...basic, ...identity, ...more, url]).catch((error) => error)
  const lines = String(stdout).split('\n')
  const status = Number(lines.pop())
  const text = lines.join('\n')
  return { status, text, body: text.startsWith('{') ? JSON.parse(text) : undefined }
}

const fetchToken = async (base: string, files: Files | null = client, { clientId, secret } = credential) => {
  const answer = await curl(
    files ?? undefined,
    `${base}/token`,
    '--user',
    `${clientId}:${secret}`,
    '--data',
    'grant_type=client_credentials',
  )
  return { ...answer, token: String(answer.body?.access_token) }
}
const bearer = (token: string) => ['--header', `Authorization: Bearer ${token}`]

const proxies = [
  { name: 'nginx', program: 'nginx' },
  { name: 'nginx with a decision cache', program: 'nginx', keepsVerdicts: true },
  { name: 'haproxy', program: 'haproxy' },
  { name: 'caddy', program: 'caddy' },
]

describe.each(proxies)('$name as the reverse proxy', ({ program, keepsVerdicts = false }) => {
  let proxy: ProxyProgram
  let token: string

  beforeAll(async () => {
    proxy = await startProxy(program, harness, { authorizer: authorizerPort(), api: api.port, keepsVerdicts })
    token = (await fetchToken(proxy.url)).token
  })
  afterAll(() => proxy.stop())

  /** Waits until a decision that nginx caches for a second has expired. */
  const untilInForce = () => new Promise((resolve) => setTimeout(resolve, keepsVerdicts ? 2200 : 200))

  test.skipIf(program === 'caddy')('tells the client when its certificate ends', async () => {
    const end = Math.floor(Date.now() / 1000 + 3 * 86_400) * 1000
    const soon = await harness.issue({ notAfter: end })
    const { token: own } = await fetchToken(proxy.url, soon)
    const { text } = await curl(soon, `${proxy.url}/payments`, ...bearer(own), '--include')
    expect(text).toMatch(
      new RegExp(`\r\npostern-certificate-expires: ${new Date(end).toUTCString()}\r\n`, 'i'),
    )
    const denied = await curl(soon, `${proxy.url}/payments`, '--include')
    expect(denied.text).toMatch(/\r\npostern-certificate-expires: /i)
    const far = await curl(client, `${proxy.url}/payments`, ...bearer(token), '--include')
    expect(far).toMatchObject({ status: 200, text: expect.not.stringMatching(/expires/i) })
  })

  test('allows a request with certificate and token, and identifies the client', async () => {
    const before = api.calls.length
    const { status, text } = await curl(
      client,
      `${proxy.url}/payments?from=1`,
      ...bearer(token),
      '--data',
      'a=1',
    )
    expect({ status, text }).toEqual({ status: 200, text: '{"paid":true}' })
    expect(api.calls.slice(before)).toHaveLength(1)
    const { method, url, body, headers } = api.calls[before] as RecordingApi['calls'][number]
    expect({ method, url, body }).toEqual({ method: 'POST', url: '/payments?from=1', body: 'a=1' })
    expect(headers).toMatchObject({
      'client-cert': `:${Buffer.from(client.der).toString('base64')}:`,
      'postern-certificate': client.name,
      'postern-organization': 'acme',
      'postern-client-id': credential.clientId,
      'x-forwarded-for': '127.0.0.1',
    })
    const [row] = await harness.untilActivity((one) => one.trace_id === headers['postern-trace-id'])
    expect(row).toMatchObject({ certificate_id: client.id, outcome: 'ok', path: '/payments', method: 'POST' })
    expect(row?.tls_version).toBe('TLSv1.3')
  })

  test('allows a client that needs no certificate yet, without the identity that it claims', async () => {
    const exempt = await harness.createCredential({ organization: 'globex', scopes: ['payments:read'] })
    await harness.setPlan('observe', 'globex')
    const fetched = await fetchToken(proxy.url, null, exempt)
    expect(fetched.status).toBe(200)
    const claims = [
      'Client-Cert: :c3Bvb2Y=:',
      'Client-Cert-Chain: :c3Bvb2Y=:',
      'Postern-Certificate: acme-0001',
    ]
    const spoofed = claims.flatMap((header) => ['--header', header])
    const before = api.calls.length
    const { status } = await curl(undefined, `${proxy.url}/payments`, ...bearer(fetched.token), ...spoofed)
    expect(status).toBe(200)
    const { headers } = api.calls[before] as RecordingApi['calls'][number]
    for (const name of ['client-cert', 'client-cert-chain', 'postern-certificate'])
      expect({ name, value: headers[name] ?? '' }).toEqual({ name, value: '' })
    expect(headers).toMatchObject({
      'postern-organization': 'globex',
      'postern-client-id': exempt.clientId,
    })
    await harness.setPlan('enforce', 'globex')
    await untilInForce()
    const cut = await curl(undefined, `${proxy.url}/payments`, ...bearer(fetched.token))
    expect({ status: cut.status, code: cut.body.code }).toEqual({ status: 403, code: 'certificate_missing' })
  })

  test('supports HTTP/2', async () => {
    expect((await curl(client, `${proxy.url}/payments`, '--http2', ...bearer(token))).status).toBe(200)
  })

  test('offers whoami and denies a token request without a certificate', async () => {
    const { status, body } = await curl(client, `${proxy.url}/whoami`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ certificate: { id: client.id }, environment: 'production' })
    const bare = await curl(undefined, `${proxy.url}/token`, '--data', 'grant_type=client_credentials')
    expect({ status: bare.status, code: bare.body.code }).toEqual({
      status: 401,
      code: 'certificate_missing',
    })
    const keys = await curl(undefined, `${proxy.url}/jwks.json`)
    expect({ status: keys.status, text: keys.text }).toMatchObject({
      status: 200,
      text: expect.stringContaining('"keys"'),
    })
  })

  const hour = 3_600_000
  const ended = Math.floor(Date.now() / 1000) * 1000 - hour
  const rejections: {
    what: string
    code: string
    status: number
    set(): Promise<{ files?: Files; more?: string[]; path?: string }>
  }[] = [
    { what: 'no certificate', code: 'certificate_missing', status: 403, set: async () => ({}) },
    {
      what: 'a certificate from an unknown issuer',
      code: 'certificate_issuer_unknown',
      status: 403,
      set: async () => ({ files: await selfSigned() }),
    },
    {
      what: 'a staging certificate',
      code: 'certificate_wrong_environment',
      status: 403,
      set: async () => ({ files: await harness.issue({ environment: 'staging' }) }),
    },
    {
      what: 'an expired certificate',
      code: 'certificate_expired',
      status: 403,
      set: async () => ({ files: await harness.issue({ notBefore: ended - hour, notAfter: ended }) }),
    },
    {
      what: 'a certificate that is valid from tomorrow',
      code: 'certificate_not_yet_valid',
      status: 403,
      set: async () => ({ files: await harness.issue({ notBefore: Date.now() + hour }) }),
    },
    {
      what: 'an unregistered certificate',
      code: 'certificate_not_registered',
      status: 403,
      set: async () => ({ files: await harness.issue({ registered: false }) }),
    },
    { what: 'no token', code: 'token_missing', status: 401, set: async () => ({ files: client, more: [] }) },
    {
      what: 'an invalid token',
      code: 'token_invalid',
      status: 401,
      set: async () => ({ files: client, more: bearer('abc.def.ghi') }),
    },
    {
      what: 'the token of another certificate',
      code: 'token_certificate_mismatch',
      status: 401,
      set: async () => ({ files: await harness.issue(), more: bearer(token) }),
    },
    {
      what: 'a token without the scope',
      code: 'token_scope_missing',
      status: 403,
      set: async () => ({ files: client, more: bearer(token), path: '/refunds' }),
    },
    {
      what: 'an ambiguous path',
      code: 'bad_request',
      status: program === 'nginx' ? 403 : 400,
      set: async () => ({
        files: client,
        more: [...bearer(token), '--path-as-is'],
        path: '/payments/%2e%2e/refunds',
      }),
    },
  ]

  test.each(rejections)('denies $what with $code', async ({ code, status, set }) => {
    const { files, more = bearer(token), path = '/payments' } = await set()
    const before = api.calls.length
    const answer = await curl(files, `${proxy.url}${path}`, ...more)
    expect({ status: answer.status, code: answer.body?.code }).toEqual({ status, code })
    expect(answer.body.detail.length).toBeGreaterThan(20)
    expect(api.calls).toHaveLength(before)
    const [row] = await harness.untilActivity((one) => one.trace_id === answer.body.traceId)
    expect(row).toMatchObject({ code, outcome: 'refused', environment: 'production' })
  })

  test('denies the next request within a second after the certificate is revoked', async () => {
    const short = await harness.issue()
    const own = await fetchToken(proxy.url, short)
    expect((await curl(short, `${proxy.url}/payments`, ...bearer(own.token))).status).toBe(200)
    await harness.revoke(short.id)
    await untilInForce()
    const { status, body } = await curl(short, `${proxy.url}/payments`, ...bearer(own.token))
    expect({ status, code: body.code }).toEqual({ status: 403, code: 'certificate_revoked' })
  })

  test.runIf(keepsVerdicts)('caches an allowed request only for the same request', async () => {
    const passed = async (path: string, ...more: string[]) => {
      const before = api.calls.length
      const { status } = await curl(client, `${proxy.url}${path}`, ...bearer(token), ...more)
      expect(status).toBe(200)
      return api.calls[before]?.headers['postern-trace-id']
    }
    let [first, second] = [await passed('/payments?kept'), await passed('/payments?kept')]
    // If a second ends in between, both requests are checked.
    if (first !== second) [first, second] = [second, await passed('/payments?kept')]
    expect(second).toBe(first)
    expect(await passed('/payments?other')).not.toBe(first)
    expect(await passed('/payments?kept', '--request', 'DELETE')).not.toBe(first)

    const before = api.calls.length
    const other = await harness.issue()
    const attempts = [
      curl(other, `${proxy.url}/payments?kept`, ...bearer(token)),
      curl(undefined, `${proxy.url}/payments?kept`, ...bearer(token)),
      curl(client, `${proxy.url}/payments?kept`),
      curl(client, `${proxy.url}/refunds?kept`, ...bearer(token)),
      // Without a certificate, with that of the client of the token.
      curl(undefined, `${proxy.url}/payments?kept`, ...bearer(`${token} ${encodeURIComponent(client.cert)}`)),
    ]
    expect((await Promise.all(attempts)).map(({ body }) => body.code)).toEqual([
      'token_certificate_mismatch',
      'certificate_missing',
      'token_missing',
      'token_scope_missing',
      'certificate_missing',
    ])
    // nginx rejects a request with two tokens, of which it and Postern could each read another.
    const twice = [...bearer('other'), ...bearer(token)]
    expect((await curl(client, `${proxy.url}/payments?kept`, ...twice)).status).toBe(400)
    const refused = async () => (await curl(client, `${proxy.url}/payments?refused`)).body.traceId
    expect(await refused()).not.toBe(await refused())
    expect(api.calls).toHaveLength(before)
  })

  test('ignores identity headers of a client in any spelling', async () => {
    const other = await harness.issue({ organization: 'globex' })
    const base64 = Buffer.from(client.der).toString('base64')
    const escaped = encodeURIComponent(client.cert)
    const forged = [
      `Postern-Client-Cert: ${program === 'nginx' ? escaped : base64}`,
      `postern_client_cert: ${base64}`,
      `X-Forwarded-Tls-Client-Cert: ${base64}`,
      `X-Forwarded-Client-Cert: Cert="${escaped}"`,
      `Client-Cert: :${base64}:`,
      `X-SSL-Client-Cert: ${escaped}`,
      `X-Client-Cert: ${escaped}`,
      'X-SSL-Client-Verify: SUCCESS',
      'SSL-Client-Verify: SUCCESS',
      'X-Forwarded-Method: GET',
      'X-Forwarded-Uri: /whoami',
      'X-Forwarded-For: 10.1.2.3',
      'X-Real-IP: 10.1.2.3',
      'Forwarded: for=10.1.2.3',
      'Postern-Certificate: acme-0001',
      'Postern-Organization: acme',
    ].flatMap((header) => ['--header', header])
    const without = await curl(undefined, `${proxy.url}/payments`, ...forged, ...bearer(token))
    expect(without.body.code).toBe('certificate_missing')
    const withOther = await curl(other, `${proxy.url}/payments`, ...forged, ...bearer(token))
    expect(withOther.body.code).toBe('token_certificate_mismatch')

    const globex = await harness.createCredential({ organization: 'globex', scopes: ['payments:read'] })
    const own = await fetchToken(proxy.url, other, globex)
    const before = api.calls.length
    expect((await curl(other, `${proxy.url}/payments`, ...forged, ...bearer(own.token))).status).toBe(200)
    const seen = api.calls[before]?.headers ?? {}
    expect(seen).toMatchObject({
      'client-cert': `:${Buffer.from(other.der).toString('base64')}:`,
      'postern-certificate': other.name,
      'postern-organization': 'globex',
    })
    const rest = Object.entries(seen).filter(
      ([name]) => !name.startsWith('postern-') && name !== 'client-cert',
    )
    const lies = rest.filter(
      ([, value]) =>
        /SUCCESS|10\.1\.2\.3|whoami/.test(String(value)) ||
        String(value).includes(base64) ||
        String(value).includes(escaped),
    )
    expect(lies).toEqual([])
  })
})

test('nginx with a decision cache keeps the decisions of two environments apart', async () => {
  const second = { port: await findFreePort(), environment: 'staging' }
  const ports = { authorizer: authorizerPort(), api: api.port, keepsVerdicts: true, second }
  const proxy = await startProxy('nginx', harness, ports)
  try {
    const { token } = await fetchToken(proxy.url)
    // Nothing is cached when a second ends: one of two attempts is within one.
    for (const _ of [1, 2]) {
      const here = await curl(client, `${proxy.url}/payments`, ...bearer(token))
      const there = await curl(client, `https://localhost:${second.port}/payments`, ...bearer(token))
      expect([here.status, there.body?.code]).toEqual([200, 'certificate_wrong_environment'])
    }
  } finally {
    await proxy.stop()
  }
})

describe.each(['nginx', 'haproxy', 'caddy'])('%s with faults', (program) => {
  test('sends no response if the environment drops denied requests', async () => {
    await using dropping = await openGatewayHarness({
      authorizer: true,
      environments: { production: { denials: 'drop' } },
    })
    const port = dropping.gateways[0]?.authorizerPort as number
    const proxy = await startProxy(program, dropping, { authorizer: port, api: api.port })
    try {
      const before = api.calls.length
      const { stdout, code } = await run('curl', [
        '--silent',
        '--max-time',
        // HAProxy keeps the client waiting; the others close the connection after a moment.
        program === 'haproxy' ? '3' : '10',
        '--cacert',
        dropping.caFile,
        `${proxy.url}/payments`,
      ]).catch((error) => error)
      expect({ stdout, failed: code !== 0 }).toEqual({ stdout: '', failed: true })
      expect(api.calls).toHaveLength(before)
      const [row] = await dropping.untilActivity((one) => one.code === 'certificate_missing')
      expect(row).toMatchObject({ path: '/payments' })
    } finally {
      await proxy.stop()
    }
  })

  test("allows no request if its secret differs from Postern's", async () => {
    const secret = 'Q2hhbmdlIG1lIGJlZm9yZSB1c2UsIHBsZWFzZQ=='
    await using guarded = await openGatewayHarness({ authorizer: true, authorizerSecret: secret })
    const authorizer = guarded.gateways[0]?.authorizerPort as number
    const own = await guarded.issue()
    const token = await createCredentialToken(guarded, own)
    const callWith = async (given: string) => {
      const proxy = await startProxy(program, guarded, { authorizer, api: api.port, secret: given })
      try {
        return await curl(own, `${proxy.url}/payments`, ...bearer(token), '--cacert', guarded.caFile)
      } finally {
        await proxy.stop()
      }
    }
    const before = api.calls.length
    expect((await callWith('b3RoZXIgdGhhbiB0aGF0LCBhbmQganVzdCBhcyBsb25n')).status).toBe(500)
    expect(api.calls).toHaveLength(before)
    const [row] = await guarded.untilActivity((one) => one.code === 'authorizer_secret_wrong')
    expect(row).toMatchObject({ outcome: 'refused', client_address: '127.0.0.1' })
    expect((await callWith(secret)).status).toBe(200)
    expect(JSON.stringify(api.calls.slice(before))).not.toContain(secret)
  })

  test('reaches the authorizer over a Unix socket', async () => {
    await using held = await openGatewayHarness({ authorizer: { mode: 0o600 } })
    const own = await held.issue()
    const token = await createCredentialToken(held, own)
    const authorizer = join(held.folder, 'authorizer.sock')
    const proxy = await startProxy(program, held, { authorizer, api: api.port })
    try {
      const call = (...more: string[]) => curl(own, `${proxy.url}/payments`, ...more, '--cacert', held.caFile)
      expect((await call(...bearer(token))).status).toBe(200)
      expect((await call()).body.code).toBe('token_missing')
      const whoami = await curl(own, `${proxy.url}/whoami`, '--cacert', held.caFile)
      expect(whoami.body.certificate.id).toBe(own.id)
    } finally {
      await proxy.stop()
    }
  })

  test('allows no request if the authorizer does not respond', async () => {
    const proxy = await startProxy(program, harness, { authorizer: 1, api: api.port })
    try {
      const before = api.calls.length
      const { status } = await curl(client, `${proxy.url}/payments`, ...bearer('any'))
      expect(status).toBeGreaterThanOrEqual(500)
      expect(api.calls).toHaveLength(before)
    } finally {
      await proxy.stop()
    }
  })
})

async function selfSigned(): Promise<Files> {
  const base = join(harness.folder, `self-${Math.random().toString(36).slice(2)}`)
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=Somebody', '-keyout', `${base}.key`, '-out', `${base}.pem`],
  ])
  return { certFile: `${base}.pem`, keyFile: `${base}.key` }
}
