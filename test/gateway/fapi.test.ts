import { execFile } from 'node:child_process'
import { createHmac, createPrivateKey, randomUUID, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { exportPKCS8 } from 'jose'
import * as oauth from 'oauth4webapi'
import { Agent, fetch as undiciFetch } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askEndpoint, basicOf, type EndpointCall } from '../support/ask-endpoint.ts'
import {
  type AssertionChange,
  assertionType,
  type ClientKeyPair,
  makeClientKey,
} from '../support/client-key.ts'
import {
  type GatewayHarness,
  openGatewayHarness,
  type TestClient,
  type TestCredential,
} from '../support/gateway-harness.ts'
import { openUpstream, type UpstreamServer } from '../support/upstream-server.ts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

let harness: GatewayHarness
let upstream: UpstreamServer
let client: TestClient
let key: ClientKeyPair
let credential: TestCredential
let bySubject: TestCredential

beforeAll(async () => {
  upstream = await openUpstream()
  upstream.answerWith((request, response) => {
    const headers = { 'content-type': 'application/json', 'x-fapi-interaction-id': 'of the upstream' }
    request.resume().once('end', () => response.writeHead(200, headers).end('{}'))
  })
  harness = await openGatewayHarness({
    gateways: 2,
    environments: { production: { profile: 'fapi2', upstream: upstream.url } },
  })
  client = await harness.issue()
  key = await makeClientKey()
  credential = await harness.createCredential({ jwks: key.jwks })
  const value = `CN=${client.name},O=Acme Payments Ltd,ST=Kent,C=GB`
  bySubject = await harness.createCredential({ tlsClientAuth: { kind: 'subject_dn', value } })
})
afterAll(async () => {
  await harness[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

const issuer = () => `https://localhost:${harness.port('production', 0)}`
const encode = (parameters: Record<string, string>) => new URLSearchParams(parameters).toString()
const grant = { grant_type: 'client_credentials' }
const ask = (parameters: Record<string, string>, more: Partial<EndpointCall> = {}) =>
  askEndpoint(harness, { as: client, body: encode(parameters), ...more })
const fetchWith = async (change: AssertionChange = {}, more: Record<string, string> = {}) =>
  ask({ ...grant, ...(await key.assert(credential.clientId, issuer(), change)), ...more })
const call = (token: string, headers: Record<string, string> = {}, scheme = 'Bearer') =>
  askEndpoint(harness, {
    as: client,
    path: '/payments',
    method: 'GET',
    headers: { authorization: `${scheme} ${token}`, ...headers },
  })
const denial = { status: 401, body: { error: 'invalid_client', code: 'client_authentication_failed' } }
const seconds = () => Math.floor(Date.now() / 1000)

// These tests have the names of the modules of the conformance suite and check the same behavior.
describe('the OpenID conformance suite, client credentials', () => {
  test('fapi2-security-profile-final-discovery-end-point-verification', async () => {
    const path = '/.well-known/oauth-authorization-server'
    const { status, headers, body } = await askEndpoint(harness, { as: null, path, method: 'GET' })
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/json')
    expect(body.issuer).toBe(issuer())
    expect(body.tls_client_certificate_bound_access_tokens).toBe(true)
    expect(body.grant_types_supported).toContain('client_credentials')
    for (const name of ['token', 'introspection', 'revocation']) {
      expect(body[`${name}_endpoint_auth_methods_supported`]).toEqual(['private_key_jwt', 'tls_client_auth'])
      expect(body[`${name}_endpoint_auth_signing_alg_values_supported`]).toEqual(['ES256', 'PS256', 'EdDSA'])
      expect(body[`${name}_endpoint`]).toMatch(/^https:/)
      expect(body.mtls_endpoint_aliases[`${name}_endpoint`]).toBe(body[`${name}_endpoint`])
    }
  })

  test.each(['private_key_jwt', 'mtls'])(
    'fapi2-security-profile-final-happy-flow, client authentication by %s',
    async (method) => {
      const granted =
        method === 'mtls' ? await ask({ ...grant, client_id: bySubject.clientId }) : await fetchWith()
      expect(granted.status).toBe(200)
      expect(granted.headers['cache-control']).toBe('no-store')
      expect(granted.body).toMatchObject({ token_type: 'Bearer', expires_in: expect.any(Number) })
      expect(granted.body.refresh_token).toBeUndefined()
      const header = JSON.parse(Buffer.from(granted.body.access_token.split('.')[0], 'base64url').toString())
      expect(header.alg).toBe('ES256')
      const id = randomUUID()
      const answer = await call(granted.body.access_token, { 'x-fapi-interaction-id': id })
      expect(answer.status).toBe(200)
      expect(answer.headers['x-fapi-interaction-id']).toBe(id)
      expect(answer.headers.date).toBeDefined()
    },
  )

  test('fapi2-security-profile-final-access-token-type-header-case-sensitivity', async () => {
    const token = (await fetchWith()).body.access_token
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR'])
      expect((await call(token, {}, scheme)).status).toBe(200)
  })

  test('fapi2-security-profile-final-ensure-client-id-in-token-endpoint', async () => {
    expect(await ask(grant)).toMatchObject(denial)
    const { clientId } = await harness.createCredential({ jwks: (await makeClientKey()).jwks })
    const other = await fetchWith({}, { client_id: clientId })
    expect(other).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })

  test('fapi2-security-profile-final-ensure-holder-of-key-required', async () => {
    const parameters = { ...grant, ...(await key.assert(credential.clientId, issuer())) }
    expect(await ask(parameters, { as: null })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client', code: 'certificate_missing' },
    })
    const token = (await fetchWith()).body.access_token
    const other = await harness.issue()
    const headers = { authorization: `Bearer ${token}` }
    expect(
      await askEndpoint(harness, { as: other, path: '/payments', method: 'GET', headers }),
    ).toMatchObject({
      status: 401,
      body: { code: 'token_certificate_mismatch' },
    })
  })

  test('fapi2-security-profile-final-ensure-signed-client-assertion-with-RS256-fails', async () => {
    const rsa = await makeClientKey('PS256')
    const { clientId } = await harness.createCredential({ jwks: rsa.jwks })
    const right = await rsa.assert(clientId, issuer())
    const [, payload] = (right.client_assertion ?? '').split('.')
    const pem = createPrivateKey(await exportPKCS8(rsa.privateKey))
    const head = Buffer.from(JSON.stringify({ alg: 'RS256', kid: rsa.kid })).toString('base64url')
    const signature = sign('sha256', Buffer.from(`${head}.${payload}`), pem).toString('base64url')
    const forged = await ask({
      ...grant,
      ...assertionType,
      client_assertion: `${head}.${payload}.${signature}`,
    })
    expect(forged).toMatchObject(denial)
    expect(forged.body.error_description).toContain('ES256, PS256 or EdDSA')
    expect((await ask({ ...grant, ...right })).status).toBe(200)
  })

  test('fapi2-security-profile-final-ensure-client-assertion-in-token-endpoint', async () => {
    const answer = await ask({ ...grant, client_id: credential.clientId })
    expect(answer).toMatchObject(denial)
    expect(answer.body.error_description).toContain('No client assertion was sent')
  })

  test.each<[string, () => AssertionChange]>([
    ['exp-is-5-minutes-in-past-fails', () => ({ claims: { exp: seconds() - 300 } })],
    ['wrong-aud-fails', () => ({ claims: { aud: 'https://other.example' } })],
    ['no-sub-fails', () => ({ claims: { sub: undefined } })],
    [
      'iat-nbf-over-60-seconds-in-the-future-fails',
      () => ({ claims: { nbf: seconds() + 65, iat: seconds() + 65 } }),
    ],
    ['endpoint-as-array-audience-fails', () => ({ claims: { aud: [issuer()] } })],
    ['token-endpoint-as-audience-fails', () => ({ claims: { aud: `${issuer()}/token` } })],
  ])('fapi2-security-profile-final-ensure-client-assertion-with-%s', async (_name, change) => {
    expect(await fetchWith(change())).toMatchObject(denial)
  })

  test('fapi2-security-profile-final-ensure-client-assertion-with-iat-nbf-8-seconds-in-the-future-is-accepted', async () => {
    const { status } = await fetchWith({ claims: { nbf: seconds() + 8, iat: seconds() + 8 } })
    expect(status).toBe(200)
  })
})

test.each<[string, () => AssertionChange]>([
  ['no exp', () => ({ claims: { exp: undefined } })],
  ['an exp that is a string', () => ({ claims: { exp: `${seconds() + 60}` as never } })],
  ['an exp two hours from now', () => ({ claims: { exp: seconds() + 7200 } })],
  ['no jti', () => ({ claims: { jti: undefined } })],
  ['an empty jti', () => ({ claims: { jti: '' } })],
  ['a jti of 257 characters', () => ({ claims: { jti: 'x'.repeat(257) } })],
  ['another iss', () => ({ claims: { iss: 'https://other.example' } })],
  ['no aud', () => ({ claims: { aud: undefined } })],
  ['the issuer with a slash as aud', () => ({ claims: { aud: `${issuer()}/` } })],
  ['an nbf that is a string', () => ({ claims: { nbf: 'now' as never } })],
  ['the type of an access token', () => ({ header: { typ: 'at+jwt' } })],
  ['an unknown kid', () => ({ header: { kid: 'another' } })],
])('the token endpoint rejects an assertion with %s', async (_what, change) => {
  expect(await fetchWith(change())).toMatchObject(denial)
})

test('an assertion with a signature of another key gets the same error as an unknown client', async () => {
  const [stranger, theirs] = [await makeClientKey(), await makeClientKey('ES256', 'theirs')]
  const other = await harness.createCredential({ jwks: theirs.jwks })
  const right = (await key.assert(credential.clientId, issuer())).client_assertion ?? ''
  const [head = '', payload = '', signature = ''] = right.split('.')
  const toText = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const hmac = toText({ alg: 'HS256' })
  const symmetric = createHmac('sha256', JSON.stringify(key.jwks.keys[0]))
    .update(`${hmac}.${payload}`)
    .digest('base64url')
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), jti: 'other' }
  const send = async (assertion: string) => {
    const answer = await ask({ ...grant, ...assertionType, client_assertion: assertion })
    expect(answer).toMatchObject(denial)
    return answer.body.detail
  }
  const unsigned = new Set([
    await send((await stranger.assert(credential.clientId, issuer())).client_assertion ?? ''),
    await send((await stranger.assert('nobody', issuer())).client_assertion ?? ''),
    await send((await theirs.assert(credential.clientId, issuer())).client_assertion ?? ''),
    await send((await key.assert(other.clientId, issuer())).client_assertion ?? ''),
    await send((await key.assert(bySubject.clientId, issuer())).client_assertion ?? ''),
    await send(`${head}.${toText(claims)}.${signature}`),
    await send(`${head}.${payload}.`),
  ])
  expect(unsigned.size).toBe(1)
  await send(`${toText({ alg: 'none' })}.${payload}.`)
  await send(`${hmac}.${payload}.${symmetric}`)
  for (const text of ['x', 'a.b.c', `${right}.x`, `${right}=`, ` ${right}`, 'x'.repeat(9000)])
    await send(text)
})

test.each<[string, Record<string, string>]>([
  ['no type', { client_assertion: 'a.b.c' }],
  [
    'another type',
    {
      client_assertion: 'a.b.c',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
    },
  ],
  ['no assertion', assertionType],
])('an assertion with %s is a malformed request', async (_what, parameters) => {
  expect(await ask({ ...grant, ...parameters })).toMatchObject({
    status: 400,
    body: { error: 'invalid_request' },
  })
})

test('an assertion is accepted once, for any endpoint and at any gateway', async () => {
  // Of their own: gateways share how often a client was denied before.
  const [own, other] = [
    await harness.createCredential({ jwks: key.jwks }),
    await harness.createCredential({ jwks: key.jwks }),
  ]
  const once = await key.assert(own.clientId, issuer())
  expect((await ask({ ...grant, ...once })).status).toBe(200)
  for (const path of ['/token', '/introspect', '/revoke']) {
    const again = await ask({ ...grant, token: 'x', ...once }, { path })
    expect(again).toMatchObject(denial)
    expect(again.body.error_description).toContain('has been used already')
  }
  const elsewhere = await ask({ ...grant, ...once }, { port: harness.port('production', 1) })
  expect(elsewhere).toMatchObject(denial)
  expect(elsewhere.body.error_description).toContain('has been used already')
  // The same `jti` from another client is a different assertion.
  const jti = randomUUID()
  for (const { clientId } of [own, other])
    expect(
      (await ask({ ...grant, ...(await key.assert(clientId, issuer(), { claims: { jti } })) })).status,
    ).toBe(200)
})

test('a request denied for another reason does not consume the assertion', async () => {
  const narrow = await makeClientKey()
  const limited = await harness.createCredential({ jwks: narrow.jwks, networks: ['203.0.113.0/24'] })
  const assertion = await narrow.assert(limited.clientId, issuer())
  expect((await ask({ ...grant, ...assertion })).body.error_description).toContain('127.0.0.1')
  await harness.limitCredential(limited.id, { networks: null })
  expect((await ask({ ...grant, ...assertion })).status).toBe(200)
})

test.each(['PS256', 'EdDSA'] as const)(
  'the token endpoint accepts assertions signed with %s, with or without kid',
  async (alg) => {
    const own = await makeClientKey(alg)
    const { clientId } = await harness.createCredential({ jwks: own.jwks })
    for (const header of [{}, { kid: undefined }, { typ: 'client-authentication+jwt' }, { typ: 'JWT' }])
      expect((await ask({ ...grant, ...(await own.assert(clientId, issuer(), { header })) })).status).toBe(
        200,
      )
  },
)

test('introspection and revocation accept an assertion, and deny a client ID alone', async () => {
  const token = (await fetchWith()).body.access_token
  const at = async (path: string) =>
    ask({ token, ...(await key.assert(credential.clientId, issuer())) }, { path })
  for (const path of ['/introspect', '/revoke'])
    expect(await ask({ token, client_id: credential.clientId }, { path })).toMatchObject(denial)
  expect((await at('/introspect')).body).toMatchObject({ active: true })
  expect((await at('/revoke')).status).toBe(200)
  expect((await at('/introspect')).body).toEqual({ active: false })
})

test('a client secret is denied in every form, even if the credentials have one', async () => {
  const { id, clientId } = await harness.createCredential({ jwks: (await makeClientKey()).jwks })
  const secret = await harness.addSecret(id)
  const old = { clientId, secret }
  const shapes: [string, Partial<EndpointCall>][] = [
    ['/token', { headers: basicOf(old), body: encode(grant) }],
    ['/token', { body: encode({ ...grant, client_id: clientId, client_secret: secret }) }],
    [`/token/${clientId}`, { headers: { 'x-api-key': secret } }],
    [`/auth/token/${clientId}`, { headers: { 'x-api-key': secret } }],
    ['/introspect', { headers: basicOf(old), body: 'token=x' }],
    ['/revoke', { headers: basicOf(old), body: 'token=x' }],
    ['/token', { headers: basicOf({ clientId: 'nobody', secret: 'wrong' }), body: encode(grant) }],
  ]
  for (const [path, more] of shapes) {
    const answer = await ask({}, { path, ...more })
    expect(answer).toMatchObject(denial)
    expect(answer.body.detail).toContain('no client secret is accepted here')
    expect(answer.headers['www-authenticate']).not.toContain('Basic')
  }
  expect(await ask({ ...grant, client_id: clientId })).toMatchObject(denial)
})

test('every token is certificate-bound, whatever the enforcement policy of the organization', async () => {
  await harness.setPlan('off')
  try {
    const answer = await ask({ ...grant, ...(await key.assert(credential.clientId, issuer())) }, { as: null })
    expect(answer).toMatchObject({ status: 401, body: { code: 'certificate_missing' } })
  } finally {
    await harness.setPlan('enforce')
  }
})

test('x-fapi-interaction-id is echoed if it is a UUID, otherwise generated, also for the upstream', async () => {
  const token = (await fetchWith()).body.access_token
  for (const sent of [undefined, '', 'not-a-uuid', `${randomUUID()}0`, `${randomUUID()}, ${randomUUID()}`]) {
    const answer = await call(token, sent === undefined ? {} : { 'x-fapi-interaction-id': sent })
    const made = answer.headers['x-fapi-interaction-id']
    expect(made).toMatch(uuid)
    expect(made).not.toBe(sent)
    expect(upstream.seen.at(-1)?.headers['x-fapi-interaction-id']).toBe(made)
  }
  const id = randomUUID().toUpperCase()
  expect((await call(token, { 'x-fapi-interaction-id': id })).headers['x-fapi-interaction-id']).toBe(id)
  expect(upstream.seen.at(-1)?.headers['x-fapi-interaction-id']).toBe(id)
  const refused = await call('x', { 'x-fapi-interaction-id': id })
  expect(refused).toMatchObject({ status: 401, headers: { 'x-fapi-interaction-id': id } })
  const staging = await harness.issue({ environment: 'staging' })
  const elsewhere = { as: staging, environment: 'staging', path: '/payments', method: 'GET' }
  expect((await askEndpoint(harness, elsewhere)).headers).not.toHaveProperty('x-fapi-interaction-id')
})

test('the gateway accepts TLS 1.2 with a cipher suite of RFC 9325, section 4.2, but not with ChaCha20', async () => {
  const shake = (suite: string) => {
    const address = `localhost:${harness.port()}`
    const args = ['s_client', '-connect', address, '-brief', '-tls1_2', '-cipher', suite]
    const shaking = promisify(execFile)('openssl', args)
    shaking.child.stdin?.end()
    return shaking.catch((error) => error)
  }
  const [taken, refused] = [shake('ECDHE-ECDSA-AES128-GCM-SHA256'), shake('ECDHE-ECDSA-CHACHA20-POLY1305')]
  expect(String((await taken).stderr)).toContain('Protocol version: TLSv1.2')
  expect(String((await refused).stderr)).toContain('handshake failure')
})

describe('oauth4webapi with private_key_jwt', () => {
  test.each(['production', 'staging'])('in %s: fetches, introspects and revokes', async (environment) => {
    const as = await harness.issue({ environment })
    const own = await makeClientKey()
    const { clientId } = await harness.createCredential({ environment, jwks: own.jwks })
    const agent = new Agent({ connect: { ca: harness.ca, cert: as.cert, key: as.key } })
    const customFetch = (url: string, options: object) =>
      undiciFetch(url, { ...options, dispatcher: agent }) as unknown as Promise<Response>
    const options = { [oauth.customFetch]: customFetch }
    const url = new URL(harness.url(environment))
    const server = await oauth.processDiscoveryResponse(
      url,
      await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...options }),
    )
    const us: oauth.Client = { client_id: clientId, use_mtls_endpoint_aliases: true }
    const auth = oauth.PrivateKeyJwt({ key: own.privateKey, kid: own.kid })
    const granted = await oauth.processClientCredentialsResponse(
      server,
      us,
      await oauth.clientCredentialsGrantRequest(server, us, auth, {}, options),
    )
    const introspect = async () =>
      oauth.processIntrospectionResponse(
        server,
        us,
        await oauth.introspectionRequest(server, us, auth, granted.access_token, options),
      )
    expect(await introspect()).toMatchObject({ active: true, client_id: clientId })
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, us, auth, granted.access_token, options),
    )
    expect(await introspect()).toMatchObject({ active: false })
    await agent.close()
  })
})

test('without FAPI, the token endpoint or a list is accepted as the audience (RFC 7523, section 3)', async () => {
  const as = await harness.issue({ environment: 'staging' })
  const { clientId } = await harness.createCredential({ environment: 'staging', jwks: key.jwks })
  const url = harness.url('staging')
  const send = async (aud: string | string[]) => {
    const parameters = { ...grant, ...(await key.assert(clientId, url, { claims: { aud } })) }
    return (await ask(parameters, { as, environment: 'staging' })).status
  }
  for (const aud of [url, `${url}/token`, [url], ['https://other.example', `${url}/token`]])
    expect([aud, await send(aud)]).toEqual([aud, 200])
  for (const aud of ['https://other.example', [], ['https://other.example'], `${url}/`])
    expect([aud, await send(aud)]).toEqual([aud, 401])
})
