import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'
import { type GatewayTestClient, openTestClient } from '../support/gateway-test-client.ts'
import { openUpstream, type UpstreamServer } from '../support/upstream-server.ts'

const root = join(import.meta.dirname, '../..')
let upstream: UpstreamServer
let harness: GatewayHarness
let caller: GatewayTestClient
/** Runs the verifier of the documentation; returns its claims or its error message. */
let verify: (request: object) => Promise<{ claims?: Record<string, unknown>; error?: string }>
let stop = () => {}

beforeAll(async () => {
  upstream = await openUpstream()
  const environment = { upstream: `${upstream.url}/base`, routes: null }
  harness = await openGatewayHarness({
    environments: { production: environment, staging: { ...environment, assertion: false } },
  })
  caller = await openTestClient(harness)
  startVerifier()
})
afterAll(async () => {
  stop()
  await harness[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

/** Runs the unchanged code of the documentation in its own process that trusts the gateway's CA. */
function startVerifier(): void {
  const page = readFileSync(join(root, 'docs/operators/upstream-assertion.md'), 'utf8')
  const [, code = ''] = /```js\n(.*?)```/s.exec(page) ?? []
  expect(code.trim().split('\n').length).toBeLessThanOrEqual(30)
  // In node_modules, so that the code finds jose.
  const folder = mkdtempSync(join(root, 'node_modules', '.postern-verifier-'))
  writeFileSync(join(folder, 'verifier.mjs'), code)
  writeFileSync(
    join(folder, 'main.mjs'),
    `import { createInterface } from 'node:readline'
import { createVerifier } from './verifier.mjs'
const verify = createVerifier(JSON.parse(process.argv[2]))
for await (const line of createInterface({ input: process.stdin })) {
  const answer = await verify(JSON.parse(line)).then((claims) => ({ claims }), (error) => ({ error: error.message }))
  console.log(JSON.stringify(answer))
}`,
  )
  const options = JSON.stringify({ gateway: harness.url(), upstream: `${upstream.url}/base` })
  const child = spawn(process.execPath, [join(folder, 'main.mjs'), options], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: harness.caFile },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })
  verify = async (request) => {
    const answer = once(lines, 'line')
    child.stdin.write(`${JSON.stringify(request)}\n`)
    return JSON.parse((await answer)[0])
  }
  stop = () => {
    child.kill()
    rmSync(folder, { recursive: true })
  }
}

/** Returns the latest request that reached the upstream. */
const arrived = () => upstream.seen.at(-1) as UpstreamServer['seen'][number]

test('the documented verifier accepts a request from the gateway and identifies the client', async () => {
  await caller.call('/payments?from=1', { method: 'POST', body: 'x' })
  const { claims, error } = await verify(arrived())
  expect(error).toBeUndefined()
  expect(claims).toMatchObject({
    iss: harness.url(),
    aud: `${upstream.url}/base`,
    htm: 'POST',
    htu: '/base/payments?from=1',
    organization: 'acme',
    certificate: caller.client.name,
    cnf: { 'x5t#S256': createHash('sha256').update(caller.client.der).digest('base64url') },
  })
  expect(Number(claims?.exp) - Number(claims?.iat)).toBe(60)
})

test.each<[string, (request: UpstreamServer['seen'][number]) => object]>([
  ['another method', (request) => ({ ...request, method: 'DELETE' })],
  ['another path', (request) => ({ ...request, url: '/base/admin' })],
  ['another query', (request) => ({ ...request, url: `${request.url}&all=1` })],
  [
    'another token',
    ({ headers, ...rest }) => ({ ...rest, headers: { ...headers, authorization: 'Bearer x' } }),
  ],
  [
    'another certificate',
    ({ headers, ...rest }) => ({ ...rest, headers: { ...headers, 'client-cert': ':AAAA:' } }),
  ],
  [
    'no assertion',
    ({ headers, ...rest }) => ({ ...rest, headers: { ...headers, 'postern-assertion': undefined } }),
  ],
  [
    'the access token instead',
    ({ headers, ...rest }) => ({
      ...rest,
      headers: { ...headers, 'postern-assertion': headers.authorization?.slice(7) },
    }),
  ],
  [
    'forged claims',
    ({ headers, ...rest }) => {
      const [head, , signature] = String(headers['postern-assertion']).split('.')
      const claims = { ...decodeJwt(String(headers['postern-assertion'])), organization: 'globex' }
      const forged = Buffer.from(JSON.stringify(claims)).toString('base64url')
      return { ...rest, headers: { ...headers, 'postern-assertion': `${head}.${forged}.${signature}` } }
    },
  ],
])('the documented verifier rejects a request with %s', async (_what, change) => {
  await caller.call('/payments?from=1')
  expect((await verify(arrived())).error).toBeUndefined()
  expect((await verify(change(arrived()))).error).toBeTypeOf('string')
})

test('requests share an assertion for 30 seconds, but only if method, path, token and certificate are the same', async () => {
  const assertionOf = async (path: string, as = caller, method = 'GET') => {
    await as.call(path, { method })
    return String(arrived().headers['postern-assertion'])
  }
  const first = await assertionOf('/a')
  expect(await assertionOf('/a')).toBe(first)
  const other = await openTestClient(harness)
  const others = [
    await assertionOf('/b'),
    await assertionOf('/a?x=1'),
    await assertionOf('/a', caller, 'DELETE'),
    await assertionOf('/a', other),
  ]
  expect(new Set([first, ...others]).size).toBe(5)
  expect(decodeProtectedHeader(first)).toMatchObject({ alg: 'ES256', typ: 'postern-call+jwt' })
  harness.shiftClock(31_000)
  try {
    const later = await assertionOf('/a')
    expect(later).not.toBe(first)
    expect(decodeJwt(later).exp).toBeGreaterThan(decodeJwt(first).exp ?? 0)
  } finally {
    harness.shiftClock(0)
  }
})

test('the gateway does not accept an assertion as an access token', async () => {
  await caller.call('/a')
  const assertion = String(arrived().headers['postern-assertion'])
  const answer = await caller.call('/a', { headers: { authorization: `Bearer ${assertion}` } })
  expect([answer.status, answer.code]).toEqual([401, 'token_invalid'])
})

test('the gateway sends no assertion if the environment has not enabled it', async () => {
  const staging = await openTestClient(harness, 'staging')
  expect((await staging.call('/a', { headers: { 'Postern-Assertion': 'forged' } })).status).toBe(200)
  expect(arrived().headers['postern-assertion']).toBeUndefined()
  expect(arrived().headers['client-cert']).toBeDefined()
})
