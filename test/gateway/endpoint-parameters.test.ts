import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordChange } from '../../src/storage/change-log.ts'
import { askEndpoint, basicOf, type EndpointCall } from '../support/ask-endpoint.ts'
import {
  type GatewayHarness,
  openGatewayHarness,
  type TestClient,
  type TestCredential,
} from '../support/gateway-harness.ts'

let harness: GatewayHarness
let client: TestClient
let credential: TestCredential

beforeAll(async () => {
  harness = await openGatewayHarness()
  client = await harness.issue()
  credential = await harness.createCredential()
})
afterAll(() => harness[Symbol.asyncDispose]())

const ask = (call: Partial<EndpointCall>) => askEndpoint(harness, { as: client, ...call })
const form = (name: string) => readFileSync(join(import.meta.dirname, '../reports/forms', name), 'utf8')
const endpoints = ['/token', '/introspect', '/revoke']
const encode = (text: string) => ({
  authorization: `Basic ${Buffer.from(text, 'latin1').toString('base64')}`,
})
const grant = 'grant_type=client_credentials'
const json = { 'content-type': 'application/json' }
const inBody = (id: string, secret = 'pos_x') => ({
  body: `${grant}&client_id=${id}&client_secret=${secret}`,
})

test.each<[string, () => Omit<EndpointCall, 'as'>, string]>([
  ['NUL in the form', () => inBody('%00'), 'invalid_request'],
  ['NUL after letters', () => inBody('acme%00x'), 'invalid_request'],
  ['a line break', () => inBody('acme%0ax'), 'invalid_request'],
  ['DEL', () => inBody('acme%7f'), 'invalid_request'],
  ['a letter outside ASCII', () => inBody('acm%C3%A9'), 'invalid_request'],
  ['octets that are not UTF-8', () => inBody('acme%ff%fe'), 'invalid_request'],
  ['201 characters', () => inBody('x'.repeat(201)), 'invalid_request'],
  ['NUL in Basic', () => ({ headers: encode('acme%00:pos_x'), body: grant }), 'invalid_request'],
  ['NUL in Basic as an octet', () => ({ headers: encode('acme\0:pos_x'), body: grant }), 'invalid_request'],
  ['UTF-8 in Basic', () => ({ headers: encode('acm%C3%A9:pos_x'), body: grant }), 'invalid_request'],
  ['invalid UTF-8 in Basic', () => ({ headers: encode('acm\xff:pos_x'), body: grant }), 'invalid_request'],
  ['an invalid escape in Basic', () => ({ headers: encode('acme%0:pos_x'), body: grant }), 'invalid_client'],
  [
    '201 characters in Basic',
    () => ({ headers: encode(`${'x'.repeat(201)}:pos_x`), body: grant }),
    'invalid_request',
  ],
  ['NUL in the secret', () => inBody(credential.clientId, 'pos%00'), 'invalid_request'],
  ['a secret of 1,001 characters', () => inBody(credential.clientId, 'x'.repeat(1001)), 'invalid_request'],
  ['NUL in the scope', () => ({ body: `${inBody('acme').body}&scope=a%00b` }), 'invalid_request'],
  ['NUL in resource', () => ({ body: `${inBody('acme').body}&resource=%00` }), 'invalid_request'],
  ['NUL in the name of a parameter', () => ({ body: `${inBody('acme').body}&a%00=1` }), 'invalid_request'],
  [
    'NUL in the token',
    () => ({ path: '/introspect', body: `token=%00&client_id=acme&client_secret=x` }),
    'invalid_request',
  ],
  [
    'NUL in the hint',
    () => ({ path: '/revoke', body: `token=x&token_type_hint=%00&client_id=acme&client_secret=x` }),
    'invalid_request',
  ],
  [
    'a lone surrogate in JSON',
    () => ({ path: '/token/acme', headers: json, body: '{"resource":"\\ud800"}' }),
    'invalid_request',
  ],
])('the endpoint rejects %s with an error description and records none of it', async (_what, call, error) => {
  const answer = await ask(call())
  expect(answer.body).toEqual({
    error,
    error_description: expect.any(String),
    code: error === 'invalid_client' ? 'client_authentication_failed' : 'bad_request',
    detail: expect.any(String),
    ...{ type: answer.body.error_uri, title: expect.any(String), status: answer.status },
    error_uri: expect.stringMatching(/^http.*\/help\/errors\/[a-z_]+$/),
    traceId: answer.headers['postern-trace-id'],
  })
  expect(answer.status).toBe(error === 'invalid_client' ? 401 : 400)
})

test('events contain only client IDs that exist, whatever the client sends as its client ID', async () => {
  const { clientId, secret } = await harness.createCredential()
  // The client swapped its ID and its secret.
  const swapped = await ask({ headers: basicOf({ clientId: secret, secret: clientId }), body: grant })
  expect(swapped).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  const wrong = await ask({ headers: basicOf({ clientId, secret: 'pos_wrong' }), body: grant })
  expect(wrong).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  await harness.untilActivity((row) => row.kind === 'token' && row.client_id === clientId)
  const rows = await harness.untilActivity((row) => row.kind === 'token', 20)
  expect(new Set(rows.map((row) => row.client_id))).toEqual(new Set([null, clientId]))
  expect(JSON.stringify(rows)).not.toContain(secret)
})

test.each([
  ['two spaces', 'payments:read  payments:write'],
  ['a trailing space', 'payments:read '],
  ['only a space', ' '],
  ['a quotation mark', 'payments:"read"'],
  ['a backslash', 'payments\\read'],
  ['a letter outside ASCII', 'päyments'],
  ['a tab', 'payments:read\tpayments:write'],
  ['only a tab', '\t'],
  ['a trailing line break', 'payments:read\n'],
  ['a leading space', ' payments:read'],
  ['a no-break space', 'payments:read\u00a0payments:write'],
  ['DEL', 'payments\x7f'],
])('the token endpoint rejects a scope with %s', async (_what, scope) => {
  const body = new URLSearchParams({ grant_type: 'client_credentials', scope }).toString()
  const answer = await ask({ headers: basicOf(credential), body })
  const isControl = /\p{Cc}/u.test(scope)
  expect(answer).toMatchObject({
    status: 400,
    body: { error: isControl ? 'invalid_request' : 'invalid_scope' },
  })
  expect(answer.body.access_token).toBeUndefined()
})

test('the token endpoint issues no token for a scope of one space', async () => {
  const answer = await ask({ headers: basicOf(credential), body: form('scope-one-space.form') })
  expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_scope' } })
})

test('credentials without scopes get a token without a scope in response, token and introspection', async () => {
  const bare = await harness.createCredential()
  await harness.limitCredential(bare.id, { scopes: [] })
  const { body } = await ask({ headers: basicOf(bare), body: grant })
  expect(body).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 900 })
  const claims = JSON.parse(Buffer.from(body.access_token.split('.')[1], 'base64url').toString())
  expect(claims).not.toHaveProperty('scope')
  const introspected = await ask({
    path: '/introspect',
    headers: basicOf(bare),
    body: `token=${body.access_token}`,
  })
  expect(introspected.body.active).toBe(true)
  expect(introspected.body).not.toHaveProperty('scope')
})

test('a repeated parameter is named in the error at every endpoint and in any encoding', async () => {
  const twice = await ask({ headers: basicOf(credential), body: form('parameter-twice.form') })
  expect(twice).toMatchObject({ status: 400, body: { error: 'invalid_request', code: 'bad_request' } })
  expect(twice.body.error_description).toContain('resource')
  for (const path of endpoints)
    for (const name of ['token', 'client_id', 'token_type_hint', 'scope', 'grant_type', 'something_else']) {
      const body = `${name}=a&x=1&${name.replace('e', '%65')}=`
      const answer = await ask({ path, headers: basicOf(credential), body })
      expect([path, name, answer.status, answer.body.error]).toEqual([path, name, 400, 'invalid_request'])
      expect(answer.body.detail).toBe(`The parameter ${name} is given more than once. Send it once.`)
    }
  const secret = `${credential.secret}=1&${credential.secret}=1`
  const unnamed = await ask({ headers: basicOf(credential), body: secret })
  expect(unnamed.body.detail).toBe('A parameter is given more than once. Send it once.')
})

test('a duplicate member of a JSON body is rejected and named in any encoding', async () => {
  const path = `/token/${credential.clientId}`
  const headers = { ...json, 'x-api-key': credential.secret }
  const send = (body: string) => ask({ path, headers, body })
  expect((await send('{"scope":"payments:read","grant_type":"client_credentials"}')).status).toBe(200)
  for (const body of [
    '{"scope":"payments:read","scope":"payments:write"}',
    '{"scope":"payments:read","\\u0073cope":"payments:write"}',
    '{"scope":1,"scope":"payments:write"}',
    '{"scope":"a\\":","x":"scope","scope" : ""}',
    '{"scope":{"scope":"a"},"scope":"payments:write"}',
  ]) {
    const answer = await send(body)
    expect([body, answer.status, answer.body.error]).toEqual([body, 400, 'invalid_request'])
    expect(answer.body.detail).toBe('The parameter scope is given more than once. Send it once.')
  }
})

test('an endpoint accepts each header that it reads only once', async () => {
  const { authorization } = basicOf(credential)
  const type = 'application/x-www-form-urlencoded'
  const repeated: Record<string, string | string[]>[] = [
    { authorization: [authorization, authorization] },
    { authorization, 'content-type': [type, 'application/json'] },
    { 'x-api-key': [credential.secret, credential.secret] },
  ]
  for (const path of endpoints)
    for (const headers of repeated) {
      const answer = await ask({ path, headers, body: grant })
      expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request', code: 'bad_request' } })
      expect(answer.body.detail).toContain('comes more than once')
    }
})

test('a resource other than this gateway gets invalid_target (RFC 8707, section 2)', async () => {
  const own = harness.url()
  const fetchFor = (resource: string) =>
    ask({ headers: basicOf(credential), body: `${grant}&resource=${encodeURIComponent(resource)}` })
  for (const resource of [own, `${own}/`, `${own}/payments`, own.replace('localhost', 'LOCALHOST')])
    expect([resource, (await fetchFor(resource)).status]).toEqual([resource, 200])
  for (const resource of [
    'https://a.example',
    own.replace('https', 'http'),
    `${own}0/`,
    `${own}#part`,
    `${own}#`,
    '/payments',
    'payments',
    'urn:payments',
    own.replace('https://', 'https://user@'),
    harness.url('staging'),
  ]) {
    const { status, body } = await fetchFor(resource)
    expect([resource, status, body.error, body.code]).toEqual([
      resource,
      400,
      'invalid_target',
      'target_unknown',
    ])
  }
})

test('a denial by the gateway at an endpoint is an OAuth error (RFC 6749, section 5.2)', async () => {
  for (const path of [...endpoints, `/token/${credential.clientId}`, `/auth/token/${credential.clientId}`]) {
    const large = await ask({ path, headers: basicOf(credential), body: `${grant}&x=${'x'.repeat(17_000)}` })
    expect(large).toMatchObject({ status: 400, body: { error: 'invalid_request', code: 'body_too_large' } })
    const got = await ask({ path, method: 'GET' })
    expect(got).toMatchObject({ status: 405, body: { error: 'invalid_request', code: 'method_not_allowed' } })
    expect(got.headers.allow).toBe('POST')
    const elsewhere = await ask({
      path,
      headers: { ...basicOf(credential), host: 'other.example' },
      body: grant,
    })
    expect(elsewhere).toMatchObject({ status: 421, body: { error: 'invalid_request', code: 'wrong_host' } })
    for (const { headers, body } of [large, got, elsewhere]) {
      expect(headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' })
      expect(body).toMatchObject({ detail: expect.any(String), traceId: headers['postern-trace-id'] })
      expect(body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
    }
  }
})

test('a denied certificate at an endpoint is invalid_client with 401 and a challenge', async () => {
  const revoked = await harness.issue()
  await harness.revoke(revoked.id)
  const [expired, staging] = [
    await harness.issue({ notBefore: Date.now() - 120_000, notAfter: Date.now() - 60_000 }),
    await harness.issue({ environment: 'staging' }),
  ]
  const cases = [
    [null, 'certificate_missing'],
    [revoked, 'certificate_revoked'],
    [expired, 'certificate_expired'],
    [staging, 'certificate_wrong_environment'],
  ] as const
  for (const path of endpoints)
    for (const [as, code] of cases) {
      const answer = await ask({ as, path, headers: basicOf(credential), body: `${grant}&token=x` })
      expect([path, answer.status, answer.body.error, answer.body.code]).toEqual([
        path,
        401,
        'invalid_client',
        code,
      ])
      expect(answer.headers['www-authenticate']).toContain('Basic')
      expect(answer.headers).toMatchObject({
        'content-type': 'application/json',
        'cache-control': 'no-store',
      })
      expect(answer.body).toMatchObject({
        error_description: expect.any(String),
        detail: expect.any(String),
        traceId: answer.headers['postern-trace-id'],
      })
      if (as !== null)
        expect(answer.body.presented).toMatchObject({ subject: expect.stringContaining(as.name) })
    }
})

test('a token expires no later than its certificate and the issuer of that (RFC 8705, section 3)', async () => {
  const notAfter = Math.floor(Date.now() / 1000) * 1000 + 90_000
  const short = await harness.issue({ notAfter })
  const { body } = await ask({ as: short, headers: basicOf(credential), body: grant })
  const claims = JSON.parse(Buffer.from(body.access_token.split('.')[1], 'base64url').toString())
  expect(claims.exp).toBe(notAfter / 1000)
  expect(body.expires_in).toBe(claims.exp - claims.iat)
  const asked = {
    as: short,
    path: '/introspect',
    headers: basicOf(credential),
    body: `token=${body.access_token}`,
  }
  expect((await ask(asked)).body).toMatchObject({ active: true, exp: claims.exp })
  // In its last second the certificate is accepted, but a token would have no lifetime.
  harness.shiftClock(notAfter + 500 - Date.now())
  try {
    const late = await ask({ as: short, headers: basicOf(credential), body: grant })
    expect(late).toMatchObject({
      status: 401,
      body: { error: 'invalid_client', code: 'certificate_expired' },
    })
  } finally {
    harness.shiftClock(0)
  }
  const { queries } = harness.database
  const issuer = await queries
    .selectFrom('issuers')
    .selectAll()
    .where('environment', '=', 'production')
    .executeTakeFirstOrThrow()
  const retiresAt = Math.floor(Date.now() / 1000) * 1000 + 60_000
  const retiring = await harness.issue()
  const other = { ...issuer, id: 'iss_retiring', retires_at: retiresAt }
  await queries.insertInto('issuers').values(other).execute()
  await harness.database.transaction(async (tx) => {
    await tx.updateTable('certificates').set({ issuer_id: other.id }).where('id', '=', retiring.id).execute()
    await recordChange(tx, 'issuer', other.id, Date.now())
    await recordChange(tx, 'certificate', retiring.id, Date.now())
  })
  await harness.untilFollowed()
  const last = await ask({ as: retiring, headers: basicOf(credential), body: grant })
  expect(last.body.expires_in).toBeLessThanOrEqual(60)
})

test('Basic credentials are accepted in one encoding only', async () => {
  const { authorization } = basicOf(credential)
  const right = authorization.slice(6)
  expect((await ask({ headers: { authorization }, body: grant })).status).toBe(200)
  expect((await ask({ headers: { authorization: `basic ${right}` }, body: grant })).status).toBe(200)
  const others = [
    right.replace(/=+$/, '') === right ? `${right}=` : right.replace(/=+$/, ''),
    `${right}=`,
    `${right.slice(0, 8)}~${right.slice(8)}`,
    `${right.slice(0, 8)} ${right.slice(8)}`,
    `${right}\u00a0`,
  ]
  for (const other of others) {
    const answer = await ask({ headers: { authorization: `Basic ${other}` }, body: grant })
    expect([other, answer.body.error]).toEqual([other, 'invalid_client'])
  }
})

test('an access token is accepted in one encoding only, also for revocation and introspection', async () => {
  const { body } = await ask({ headers: basicOf(credential), body: grant })
  const token: string = body.access_token
  const [header = '', payload = '', signature = ''] = token.split('.')
  const emails = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  // With 64 octets, four bits of the last base64url character are unused.
  const last = emails.indexOf(signature.slice(-1))
  const spareBits = emails[last ^ 1]
  const spellings = [
    `${token}~`,
    `${token}=`,
    `${token}==`,
    `${header}=.${payload}.${signature}`,
    `${header}.${payload}=.${signature}`,
    `${header}.${payload}.${signature.slice(0, -1)}${spareBits}`,
    `${header}.${payload}.~${signature}`,
    `${header}.${payload}.${signature}.`,
    `${header}.${payload}.${signature.slice(0, 5)}+${signature.slice(5)}`,
  ]
  for (const spelling of spellings) {
    const refused = await askEndpoint(harness, {
      as: client,
      path: '/payments',
      headers: { authorization: `Bearer ${spelling}` },
    })
    expect([spelling, refused.body.code]).toEqual([
      spelling,
      expect.stringMatching(/^(token_invalid|authorization_malformed)$/),
    ])
    const parameters = new URLSearchParams({ token: spelling }).toString()
    const introspected = await ask({ path: '/introspect', headers: basicOf(credential), body: parameters })
    expect(introspected.body).toEqual({ active: false })
    await ask({ path: '/revoke', headers: basicOf(credential), body: parameters })
  }
  const introspected = await ask({
    path: '/introspect',
    headers: basicOf(credential),
    body: `token=${token}`,
  })
  expect(introspected.body).toMatchObject({ active: true })
})
