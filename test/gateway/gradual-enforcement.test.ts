import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request as requestPlain } from 'node:http'
import { connect } from 'node:http2'
import { Agent, type RequestOptions, request } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { EnforcementMode } from '../../src/contract/enforcement-policy.ts'
import {
  type GatewayHarness,
  openGatewayHarness,
  type TestClient,
  type TestCredential,
} from '../support/gateway-harness.ts'
import { openUpstream, type UpstreamServer } from '../support/upstream-server.ts'

let harness: GatewayHarness
let upstream: UpstreamServer
let valid: TestClient
let own: TestCredential
let others: TestCredential
let limited: TestCredential
/** Each certificate that is not accepted, with its denial code. */
const broken: [string, TestClient | undefined][] = [['certificate_missing', undefined]]

beforeAll(async () => {
  upstream = await openUpstream()
  harness = await openGatewayHarness({
    authorizer: true,
    environments: {
      production: { upstream: upstream.url, certificateStatusHeader: true },
      staging: { upstream: upstream.url, denials: 'drop', enforcement: 'observe' },
    },
  })
  valid = await harness.issue()
  own = await harness.createCredential()
  others = await harness.createCredential({ organization: 'globex' })
  limited = await harness.createCredential({ certificateIds: [valid.id] })
  const revoked = await harness.issue()
  await harness.revoke(revoked.id)
  broken.push(
    ['certificate_revoked', revoked],
    ['certificate_expired', await harness.issue({ notAfter: Date.now() - 1000 })],
    ['certificate_wrong_environment', await harness.issue({ environment: 'staging' })],
    ['certificate_not_registered', await harness.issue({ registered: false })],
  )
})
afterAll(async () => {
  await harness[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})
beforeEach(() => void upstream.seen.splice(0))

interface Answer {
  status: number
  headers: NodeJS.Dict<string | string[]>
  // biome-ignore lint/suspicious/noExplicitAny: whatever the gateway answered
  body: any
}

/** Sends one request on its own connection; returns status 0 if the connection was closed. */
async function send(
  as: TestClient | undefined,
  path: string,
  { body = '', ...options }: RequestOptions & { body?: string; environment?: string } = {},
): Promise<Answer> {
  const identity = as && { cert: as.cert, key: as.key }
  const asked = request(`${harness.url(options.environment)}${path}`, {
    ca: harness.ca,
    agent: false,
    ...identity,
    ...options,
  })
  asked.end(body)
  try {
    const [response] = await once(asked, 'response')
    let text = ''
    for await (const chunk of response) text += chunk
    const isJson = String(response.headers['content-type']).includes('json')
    return {
      status: response.statusCode,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : text,
    }
  } catch {
    return { status: 0, headers: {}, body: undefined }
  }
}

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const basic = ({ clientId, secret }: TestCredential) =>
  `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`
const askToken = (as: TestClient | undefined, credential: TestCredential, environment = 'production') =>
  send(as, '/token', {
    method: 'POST',
    headers: { ...form, authorization: basic(credential) },
    body: 'grant_type=client_credentials',
    environment,
  })
const call = (as: TestClient | undefined, token: string, path = '/payments', environment = 'production') =>
  send(as, path, { headers: { authorization: `Bearer ${token}` }, environment })

const tokenOf = async (as: TestClient | undefined, credential: TestCredential, environment?: string) => {
  const { status, body } = await askToken(as, credential, environment)
  expect(status).toBe(200)
  return body.access_token as string
}
/** Returns the counts of an organization, once `calls` requests are counted. */
async function untilReadiness(calls: number, organization = 'acme') {
  for (let i = 0; i < 100; i += 1) {
    const plan = await harness.database.queries
      .selectFrom('enforcement_plans')
      .select('since')
      .where('organization_id', '=', harness.organizations[organization]?.id ?? '')
      .where('environment', '=', 'production')
      .executeTakeFirst()
    const rows = await harness.database.queries
      .selectFrom('readiness_hours')
      .selectAll()
      .where('organization_id', '=', harness.organizations[organization]?.id ?? '')
      .where('environment', '=', 'production')
      .where('since', '=', plan?.since ?? 0)
      .execute()
    const byCode = new Map<string, number>()
    for (const row of rows) byCode.set(row.code, (byCode.get(row.code) ?? 0) + row.calls)
    const sum = [...byCode.values()].reduce((a, b) => a + b, 0)
    if (sum >= calls) return Object.fromEntries(byCode)
    await wait(50)
  }
  throw new Error('not counted in time')
}

describe.each<EnforcementMode>(['off', 'observe'])('while enforcement is %s', (mode) => {
  beforeAll(() => harness.setPlan(mode))

  test('the connection of an expired certificate stays open for further calls', async () => {
    const expired = new Map(broken).get('certificate_expired') as TestClient
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const headers = { authorization: `Bearer ${await tokenOf(expired, own)}` }
    expect((await send(expired, '/payments', { agent, headers })).status).toBe(200)
    const [socket] = Object.values(agent.freeSockets)[0] ?? []
    // Longer than the gateway takes to find what has expired.
    await wait(1500)
    expect(socket?.destroyed).toBe(false)
    expect((await send(expired, '/payments', { agent, headers })).status).toBe(200)
    agent.destroy()
  })

  test('a client without a valid certificate gets an unbound token and calls with it, without an identity', async () => {
    for (const [cause, client] of broken) {
      const token = await tokenOf(client, own)
      expect({ cause, cnf: decodeJwt(token).cnf }).toEqual({ cause, cnf: undefined })
      const answer = await call(client, token)
      expect({ cause, status: answer.status }).toEqual({ cause, status: 200 })
      const seen = upstream.seen.at(-1)?.headers ?? {}
      expect({ cause, certificate: seen['client-cert'], chain: seen['client-cert-chain'] }).toEqual({
        cause,
        certificate: undefined,
        chain: undefined,
      })
      const assertion = decodeJwt(String(seen['postern-assertion']))
      expect(assertion).toMatchObject({ sub: own.clientId, organization: 'acme' })
      expect(assertion).not.toHaveProperty('cnf')
      expect(assertion).not.toHaveProperty('certificate')
      const status = cause === 'certificate_missing' ? 'not-presented' : `invalid; cause=${cause}`
      expect(answer.headers['postern-certificate-status']).toBe(status)
      const [row] = await harness.untilActivity(
        ({ trace_id }) => trace_id === answer.headers['postern-trace-id'],
      )
      expect(row).toMatchObject({
        outcome: 'ok',
        code: null,
        would_be_code: mode === 'observe' ? cause : null,
        organization_id: harness.organizations.acme?.id,
        credential_id: own.id,
      })
      expect(row?.explanation === null).toBe(mode === 'off')
    }
  })

  test('a valid certificate gets a bound token, which requires that certificate', async () => {
    const token = await tokenOf(valid, own)
    expect(decodeJwt(token).cnf).toMatchObject({ 'x5t#S256': expect.any(String) })
    expect((await call(valid, token)).status).toBe(200)
    expect(upstream.seen.at(-1)?.headers['client-cert']).toMatch(/^:.+:$/)
    for (const [, client] of broken) {
      const { status, body } = await call(client, token)
      expect({ status, code: body.code }).toEqual({ status: 401, code: 'token_certificate_mismatch' })
    }
    expect(upstream.seen).toHaveLength(1)
  })

  test('an unbound token is accepted with a valid certificate, whose identity is forwarded', async () => {
    const { status, headers } = await call(valid, await tokenOf(undefined, own))
    expect(status).toBe(200)
    const seen = upstream.seen.at(-1)?.headers ?? {}
    expect(seen['client-cert']).toMatch(/^:.+:$/)
    expect(decodeJwt(String(seen['postern-assertion']))).toMatchObject({
      certificate: valid.name,
      cnf: { 'x5t#S256': createHash('sha256').update(valid.der).digest('base64url') },
    })
    const [row] = await harness.untilActivity(({ trace_id }) => trace_id === headers['postern-trace-id'])
    expect(row?.would_be_code).toBe(mode === 'observe' ? 'token_certificate_mismatch' : null)
  })

  test('an organization that requires certificates still does, and its certificate grants no access to others', async () => {
    const bare = await askToken(undefined, others)
    expect({ status: bare.status, code: bare.body.code }).toEqual({
      status: 401,
      code: 'certificate_missing',
    })
    const unbound = await tokenOf(undefined, own)
    const theirs = await harness.issue({ organization: 'globex' })
    const revoked = await harness.issue({ organization: 'globex' })
    await harness.revoke(revoked.id)
    await harness.untilFollowed()
    const mixed = await call(theirs, unbound)
    expect({ status: mixed.status, code: mixed.body.code }).toEqual({
      status: 401,
      code: 'token_certificate_mismatch',
    })
    const ended = await call(revoked, unbound)
    expect({ status: ended.status, code: ended.body.code }).toEqual({
      status: 403,
      code: 'certificate_revoked',
    })
    // Even if the other organization is exempt: the certificate decides whose client it is, whatever its
    // token.
    await harness.setPlan('observe', 'globex')
    const ofOthers = await tokenOf(undefined, others)
    const [, [, oursRevoked]] = broken as [unknown, [string, TestClient]]
    for (const client of [valid, oursRevoked]) {
      const { status, body } = await call(client, ofOthers)
      expect({ status, code: body.code }).toEqual({ status: 401, code: 'token_certificate_mismatch' })
    }
    await harness.setPlan('enforce', 'globex')
    // The key belongs to this organization, the secret to the other.
    const [, [, ours]] = broken as [unknown, [string, TestClient]]
    expect((await askToken(ours, others)).body.error).toBe('invalid_client')
    expect(upstream.seen).toHaveLength(0)
  })

  test('a client without a valid token or secret is denied', async () => {
    for (const path of ['/payments', '/whoami', '/token', '/introspect'])
      expect((await send(undefined, path)).body.code).toBe('certificate_missing')
    const forged = `e30.${Buffer.from(JSON.stringify({ client_id: own.clientId })).toString('base64url')}.x`
    for (const path of ['/payments', '/whoami']) {
      const { status, body } = await call(undefined, forged, path)
      expect({ status, code: body.code }).toEqual({ status: 401, code: 'token_invalid' })
      expect(JSON.stringify(body)).not.toContain('Acme')
    }
    const wrong = await askToken(undefined, { ...own, secret: 'pos_wrong' })
    expect({ status: wrong.status, error: wrong.body.error }).toEqual({
      status: 401,
      error: 'invalid_client',
    })
    expect(upstream.seen).toHaveLength(0)
  })

  test('credentials that are limited to certificates or authenticate by certificate still require it', async () => {
    const refused = await askToken(undefined, limited)
    expect({ status: refused.status, error: refused.body.error }).toEqual({
      status: 401,
      error: 'invalid_client',
    })
    const later = await harness.createCredential()
    const unbound = await tokenOf(undefined, later)
    expect((await call(undefined, unbound)).status).toBe(200)
    await harness.limitCredential(later.id, { certificateIds: [valid.id] })
    expect((await call(undefined, unbound)).body.code).toBe('token_certificate_mismatch')
    expect((await call(valid, unbound)).status).toBe(200)
    const bySubject = await harness.createCredential({
      tlsClientAuth: { kind: 'san_uri', value: `urn:postern:production:acme:${valid.name}` },
    })
    const self = (as: TestClient | undefined) =>
      send(as, '/token', {
        method: 'POST',
        headers: form,
        body: `grant_type=client_credentials&client_id=${bySubject.clientId}`,
      })
    expect((await self(valid)).status).toBe(200)
    for (const [, client] of broken) expect((await self(client)).body.error).toBe('invalid_client')
  })

  test('whoami, introspection, revocation and HTTP/2 follow the same policy', async () => {
    const token = await tokenOf(undefined, own)
    const { body } = await call(undefined, token, '/whoami')
    expect(body).toMatchObject({
      certificate: null,
      enforcement: { mode, wouldBeDenied: { code: 'certificate_missing' } },
      organization: { slug: 'acme' },
      token: { accepted: true, clientId: own.clientId, boundTo: null },
      credentials: [],
    })
    const about = (path: string) =>
      send(undefined, path, {
        method: 'POST',
        headers: form,
        body: `token=${token}&client_id=${own.clientId}&client_secret=${own.secret}`,
      })
    expect((await about('/introspect')).body).toMatchObject({ active: true, client_id: own.clientId })
    const session = connect(harness.url(), { ca: harness.ca })
    const stream = session.request({ ':path': '/payments', authorization: `Bearer ${token}` })
    const [headers] = await once(stream, 'response')
    session.destroy()
    expect(headers[':status']).toBe(200)
    expect((await about('/revoke')).status).toBe(200)
    expect((await call(undefined, token)).body.code).toBe('token_revoked')
  })

  test('reverse proxies get the same decision', async () => {
    const token = await tokenOf(undefined, own)
    const headers = {
      'x-forwarded-method': 'GET',
      'x-forwarded-uri': '/payments',
      authorization: `Bearer ${token}`,
    }
    const port = harness.gateways[0]?.authorizerPort
    const asked = requestPlain({ port, path: '/authorize/production/caddy', headers, host: '127.0.0.1' })
    asked.end()
    const [response] = await once(asked, 'response')
    response.resume()
    expect(response.statusCode).toBe(200)
    expect(response.headers).toMatchObject({
      'client-cert': '',
      'client-cert-chain': '',
      'postern-certificate': '',
      'postern-organization': 'acme',
      'postern-client-id': own.clientId,
    })
  })
})

test('a client that proves nothing is disconnected, so that each guess costs a handshake; others stay connected', async () => {
  await harness.setPlan('observe')
  const token = await tokenOf(undefined, own)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = async (path: string, headers: Record<string, string>, body = '') => {
    const { status, headers: answered } = await send(undefined, path, {
      agent,
      headers,
      body,
      method: body === '' ? 'GET' : 'POST',
    })
    return [status, answered.connection]
  }
  const bearer = (text: string) => ({ authorization: `Bearer ${text}` })
  expect(await ask('/payments', bearer(token))).toEqual([200, 'keep-alive'])
  expect(await ask('/unknown', bearer(token))).toEqual([404, 'keep-alive'])
  const forged = `${token.slice(0, -8)}AAAAAAAA`
  expect(await ask('/payments', bearer(forged))).toEqual([401, 'close'])
  expect(await ask('/whoami', bearer(forged))).toEqual([401, 'close'])
  const wrong = { ...form, authorization: basic({ ...own, secret: 'pos_wrong' }) }
  expect(await ask('/token', wrong, 'grant_type=client_credentials')).toEqual([401, 'close'])
  agent.destroy()
})

test('monitoring counts each successful request once by its outcome under enforcement, and no denied request', async () => {
  await harness.setPlan('off')
  await call(undefined, await tokenOf(undefined, own))
  await harness.setPlan('observe')
  const bound = await tokenOf(valid, own)
  const unbound = await tokenOf(undefined, own)
  const [, [, revoked]] = broken as [unknown, [string, TestClient]]
  const calls = [
    ...Array.from({ length: 20 }, () => call(valid, bound)),
    ...Array.from({ length: 30 }, () => call(undefined, unbound)),
    ...Array.from({ length: 7 }, () => call(revoked, unbound)),
    ...Array.from({ length: 5 }, () => call(valid, unbound)),
    // Denied both today and under enforcement.
    ...Array.from({ length: 9 }, () => call(undefined, bound)),
    ...Array.from({ length: 3 }, () => call(undefined, 'x.y.z')),
  ]
  const answers = await Promise.all(calls)
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(62)
  const expected = {
    '': 21,
    certificate_missing: 31,
    certificate_revoked: 7,
    token_certificate_mismatch: 5,
  }
  expect(await untilReadiness(64)).toEqual(expected)
  // Longer than a gateway keeps its counts.
  await wait(1200)
  expect(await untilReadiness(64)).toEqual(expected)
})

test('enforcement ends access without a certificate, also for earlier tokens and open streams', async () => {
  await harness.setPlan('observe')
  const unbound = await tokenOf(undefined, own)
  upstream.answerWith((asked, response) => {
    if (asked.url !== '/payments/events') return response.end('ok')
    return response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
  })
  const stream = request(`${harness.url()}/payments/events`, {
    ca: harness.ca,
    agent: false,
    headers: { authorization: `Bearer ${unbound}` },
  })
  stream.end()
  const [events] = await once(stream, 'response')
  expect(events.statusCode).toBe(200)
  const ended = new Promise<void>((resolve) => events.once('error', () => resolve()).once('close', resolve))
  events.resume()
  const isOpen = await Promise.race([ended.then(() => false), wait(1200).then(() => true)])
  expect(isOpen).toBe(true)
  await harness.setPlan('enforce')
  await ended
  upstream.seen.splice(0)
  expect((await askToken(undefined, own)).body.code).toBe('certificate_missing')
  expect((await call(undefined, unbound)).body.code).toBe('certificate_missing')
  const beside = await call(valid, unbound)
  expect({ status: beside.status, code: beside.body.code }).toEqual({
    status: 401,
    code: 'token_certificate_mismatch',
  })
  const introspected = await send(valid, '/introspect', {
    method: 'POST',
    headers: form,
    body: `token=${unbound}&client_id=${own.clientId}&client_secret=${own.secret}`,
  })
  expect(introspected.body).toEqual({ active: false })
  expect(upstream.seen).toHaveLength(0)
  expect((await call(valid, await tokenOf(valid, own))).status).toBe(200)
})

test('an environment can start with monitoring: unidentified clients are dropped, identified ones are not', async () => {
  const staging = await harness.createCredential({ environment: 'staging' })
  const token = await tokenOf(undefined, staging, 'staging')
  expect((await call(undefined, token, '/payments', 'staging')).status).toBe(200)
  expect((await send(undefined, '/payments', { environment: 'staging' })).status).toBe(0)
  expect((await askToken(undefined, own, 'staging')).status).toBe(0)
  const long = { method: 'POST', headers: form, body: `client_id=${'x'.repeat(20_000)}` }
  expect((await send(undefined, '/token', { ...long, environment: 'staging' })).status).toBe(0)
  const named = { ...long, headers: { ...form, authorization: basic(staging) }, environment: 'staging' }
  expect((await send(undefined, '/token', named)).body.code).toBe('body_too_large')
  await harness.setPlan('enforce', 'acme', 'staging')
  expect((await call(undefined, token, '/payments', 'staging')).status).toBe(0)
  expect((await askToken(undefined, staging, 'staging')).status).toBe(0)
})
