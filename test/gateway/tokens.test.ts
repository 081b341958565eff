import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose'
import * as oauth from 'oauth4webapi'
import { Agent, fetch as undiciFetch } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assertionType } from '../support/client-key.ts'
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

interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  // biome-ignore lint/suspicious/noExplicitAny: whatever the gateway answered
  body: any
}

/** Sends one request over its own TLS connection. */
function send(
  path: string,
  {
    as = client,
    method = 'POST',
    headers = {},
    body = '',
    environment = 'production',
    from,
  }: {
    as?: TestClient | null
    method?: string
    headers?: Record<string, string | string[]>
    body?: string
    environment?: string
    from?: string
  } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      `${harness.url(environment)}${path}`,
      {
        method,
        headers,
        ca: harness.ca,
        agent: false,
        ...(from && { localAddress: from, family: 4 }),
        ...(as && { cert: as.cert, key: as.key }),
      },
      (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => {
          const isJson = String(response.headers['content-type']).includes('json')
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: isJson ? JSON.parse(text) : text,
          })
        })
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

const form = (parameters: Record<string, string>) => ({
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(parameters).toString(),
})
const basic = ({ clientId, secret }: TestCredential) => ({
  authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
})
const grant = { grant_type: 'client_credentials' }

async function fetchToken(
  as = client,
  with_ = credential,
  environment = 'production',
  scope = '',
): Promise<string> {
  const request = form({ ...grant, ...(scope && { scope }) })
  const answer = await send('/token', {
    as,
    environment,
    body: request.body,
    headers: { ...request.headers, ...basic(with_) },
  })
  expect(answer.status).toBe(200)
  return answer.body.access_token
}
const bearer = (token: string) => ({ method: 'GET', headers: { authorization: `Bearer ${token}` } })

describe('fetching a token', () => {
  test.each([
    [
      'client_secret_basic',
      '/token',
      () => ({ ...form(grant), headers: { ...form(grant).headers, ...basic(credential) } }),
    ],
    [
      'client_secret_post',
      '/token',
      () => form({ ...grant, client_id: credential.clientId, client_secret: credential.secret }),
    ],
    ['x-api-key', '/auth/token/CLIENT', () => ({ headers: { 'x-api-key': credential.secret } })],
    ['x-api-key at the other path', '/token/CLIENT', () => ({ headers: { 'x-api-key': credential.secret } })],
    [
      'x-api-key with JSON',
      '/auth/token/CLIENT',
      () => ({
        headers: { 'x-api-key': credential.secret, 'content-type': 'application/json' },
        body: JSON.stringify(grant),
      }),
    ],
  ])('works with %s', async (_method, path, request) => {
    const answer = await send(path.replace('CLIENT', credential.clientId), request())
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'payments:read payments:write',
    })
    expect(answer.headers['cache-control']).toBe('no-store')
    const [head = '', payload = ''] = answer.body.access_token.split('.')
    expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toMatchObject({
      typ: 'at+jwt',
      alg: 'ES256',
    })
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const fingerprint = new X509Certificate(client.cert).fingerprint256.replaceAll(':', '')
    expect(claims).toMatchObject({
      iss: harness.url(),
      aud: harness.url(),
      sub: credential.clientId,
      client_id: credential.clientId,
      cnf: { 'x5t#S256': Buffer.from(fingerprint, 'hex').toString('base64url') },
    })
    expect(claims.exp - claims.iat).toBe(900)
  })

  test('narrows the scope and returns it', async () => {
    const narrow = await harness.createCredential({ scopes: ['payments:read'] })
    const body = { client_id: narrow.clientId, client_secret: narrow.secret, ...grant }
    expect((await send('/token', form(body))).body.scope).toBe('payments:read')
    const more = await send('/token', form({ ...body, scope: 'payments:write' }))
    expect(more).toMatchObject({ status: 400, body: { error: 'invalid_scope' } })
  })

  test.each([
    ['a wrong secret', 401, 'invalid_client', () => ({ client_secret: 'pos_wrong' })],
    ['an unknown client', 401, 'invalid_client', () => ({ client_id: 'nobody' })],
    ['another grant type', 400, 'unsupported_grant_type', () => ({ grant_type: 'password' })],
    ['no grant type', 400, 'invalid_request', () => ({ grant_type: '' })],
    ['no secret', 401, 'invalid_client', () => ({ client_secret: '' })],
    ['no client', 401, 'invalid_client', () => ({ client_id: '', client_secret: '' })],
    ['an unknown scope', 400, 'invalid_scope', () => ({ scope: 'everything' })],
  ])('fails with %s', async (_what, status, error, change) => {
    const right = { ...grant, client_id: credential.clientId, client_secret: credential.secret }
    const answer = await send('/token', form({ ...right, ...change() }))
    expect(answer).toMatchObject({ status, body: { error } })
    expect(answer.body.access_token).toBeUndefined()
    expect(answer.headers['cache-control']).toBe('no-store')
    if (status === 401) expect(answer.headers['www-authenticate']).toContain('Basic')
  })

  test('fails with any two authentication methods in one request', async () => {
    const inBody = { ...grant, client_id: credential.clientId, client_secret: credential.secret }
    const assertion = { client_assertion: 'a.b.c', ...assertionType }
    const header = basic(credential)
    const apiKey = { 'x-api-key': credential.secret }
    for (const [parameters, headers] of [
      [inBody, header],
      [grant, { ...header, ...apiKey }],
      [inBody, apiKey],
      [{ ...inBody, ...assertion }, {}],
      [{ ...grant, ...assertion }, header],
    ] as const) {
      const one = form(parameters)
      const both = await send('/token', { ...one, headers: { ...one.headers, ...headers } })
      expect(both).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
      expect(both.body.error_description).toContain('more than one way')
    }
  })

  test('fails without a certificate and with the certificate of another client', async () => {
    const { clientId } = await harness.createCredential({
      tlsClientAuth: { kind: 'san_uri', value: `urn:postern:production:acme:${client.name}` },
    })
    const request = form({ ...grant, client_id: clientId })
    expect((await send('/token', request)).status).toBe(200)
    const bare = await send('/token', { as: null, ...request })
    expect(bare).toMatchObject({
      status: 401,
      body: { error: 'invalid_client', code: 'certificate_missing' },
    })
    const [other, external] = [await harness.issue(), await harness.issue({ organization: 'globex' })]
    for (const as of [other, external]) {
      const answer = await send('/token', { as, ...request })
      expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
      expect(answer.body.access_token).toBeUndefined()
    }
    const withSecret = form({ ...grant, client_id: credential.clientId, client_secret: credential.secret })
    expect(await send('/token', { as: external, ...withSecret })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    })
  })

  test('fails for an unknown client exactly as for a wrong secret', async () => {
    const theirs = await harness.createCredential({ organization: 'globex' })
    const staging = await harness.createCredential({ environment: 'staging' })
    const ids = ['nobody', credential.clientId, theirs.clientId, staging.clientId]
    const answers = await Promise.all(
      ids.map((id) => send('/token', form({ ...grant, client_id: id, client_secret: 'wrong' }))),
    )
    const told = answers.map(({ status, headers, body }) => {
      expect(status).toBe(401)
      const answer = JSON.stringify({ body, challenge: headers['www-authenticate'] })
      return answer.replaceAll(body.traceId as string, '')
    })
    expect(new Set(told).size).toBe(1)
    // The same request without a secret.
    const bare = await Promise.all(ids.map((id) => send('/token', form({ ...grant, client_id: id }))))
    expect(new Set(bare.map(({ body }) => `${body.error} ${body.detail}`)).size).toBe(1)
  })

  test('fails with a repeated parameter or two authentication methods', async () => {
    const one = form({ ...grant, client_id: credential.clientId, client_secret: credential.secret })
    const twice = await send('/token', {
      ...one,
      body: `${one.body}&scope=payments%3Aread&scope=payments%3Awrite`,
    })
    expect(twice).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    const both = await send('/token', { ...one, headers: { ...one.headers, ...basic(credential) } })
    expect(both).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })

  test('fails with credentials of another organization or environment', async () => {
    const external = await harness.createCredential({ organization: 'globex' })
    const staging = await harness.createCredential({ environment: 'staging' })
    for (const { clientId, secret } of [external, staging]) {
      const answer = await send('/token', form({ ...grant, client_id: clientId, client_secret: secret }))
      expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    }
  })

  test('requires an allowed certificate and network if the credentials name them', async () => {
    const other = await harness.issue()
    const limited = await harness.createCredential({ certificateIds: [other.id] })
    const away = await harness.createCredential({ networks: ['203.0.113.0/24', '2001:db8::/32'] })
    const near = await harness.createCredential({ networks: ['127.0.0.0/8'] })
    const ask = (as: TestClient, { clientId, secret }: TestCredential) =>
      send('/token', { as, ...form({ ...grant, client_id: clientId, client_secret: secret }) })
    expect((await ask(client, limited)).body.error_description).toContain(client.name)
    expect((await ask(other, limited)).status).toBe(200)
    expect((await ask(client, away)).body.error_description).toContain('127.0.0.1')
    expect((await ask(client, near)).status).toBe(200)
  })

  test('authenticates a client by the subject or URI of its certificate alone, and by no other certificate', async () => {
    const other = await harness.issue()
    const byUri = await harness.createCredential({
      tlsClientAuth: { kind: 'san_uri', value: `urn:postern:production:acme:${client.name}` },
    })
    const byName = await harness.createCredential({
      tlsClientAuth: {
        kind: 'subject_dn',
        // RFC 4514: another notation of the same name.
        value: `cn=${client.name.toUpperCase()}, O=Acme  Payments\\20Ltd,ST=kent,2.5.4.6=GB`,
      },
    })
    for (const { clientId } of [byUri, byName]) {
      const request = form({ ...grant, client_id: clientId })
      expect((await send('/token', request)).status).toBe(200)
      expect((await send('/token', { as: other, ...request })).body).toMatchObject({
        error: 'invalid_client',
      })
    }
  })

  test('authenticates a client by exactly one of the names of RFC 8705', async () => {
    const { certFile, keyFile } = await harness.exportIssuer()
    const base = join(harness.folder, 'named')
    const names = 'DNS:Pay.Example.com,URI:urn:example:pay,IP:2001:db8::7,email:Robot@Example.com'
    const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
    openssl(
      ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=n'],
      ...['-keyout', `${base}.key`, '-out', `${base}.csr`],
    )
    const extensions = `keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\nsubjectAltName=${names}\n`
    writeFileSync(`${base}.ext`, extensions)
    openssl(
      ...['x509', '-req', '-in', `${base}.csr`, '-CA', certFile, '-CAkey', keyFile, '-days', '2'],
      ...['-extfile', `${base}.ext`, '-out', `${base}.pem`],
    )
    const [cert, key] = ['pem', 'key'].map((end) => readFileSync(`${base}.${end}`, 'utf8')) as [
      string,
      string,
    ]
    const der = new Uint8Array(new X509Certificate(cert).raw)
    const id = await harness.register({ der, name: 'acme-named' })
    const named = { ...client, id, cert, key, der }
    for (const [kind, right, wrong] of [
      ['san_dns', 'pay.example.com', 'example.com'],
      ['san_uri', 'urn:example:pay', 'urn:example:PAY'],
      ['san_ip', '2001:DB8:0::7', '2001:db8::8'],
      ['san_email', 'Robot@example.COM', 'robot@example.com'],
    ] as const) {
      const ask = async (value: string) => {
        const { clientId } = await harness.createCredential({ tlsClientAuth: { kind, value } })
        return (await send('/token', { as: named, ...form({ ...grant, client_id: clientId }) })).status
      }
      expect([kind, await ask(right), await ask(wrong)]).toEqual([kind, 200, 401])
    }
  })

  test('names a placeholder that was left in, and does not count it as a wrong secret', async () => {
    const ask = (clientId: string, secret: string) =>
      send('/token', form({ ...grant, client_id: clientId, client_secret: secret }))
    const { clientId, secret } = credential
    const left = await Promise.all(Array.from({ length: 12 }, () => ask(clientId, 'YOUR_CLIENT_SECRET')))
    for (const { status, body } of left)
      expect({ status, ...body }).toMatchObject({
        ...{ status: 401, error: 'invalid_client', code: 'client_secret_placeholder' },
      })
    expect((await ask('YOUR_CLIENT_ID', secret)).body.code).toBe('client_id_placeholder')
    const unset = await send(`/auth/token/${clientId}`, { headers: { 'x-api-key': '{{clientSecret}}' } })
    expect(unset.body.code).toBe('client_secret_placeholder')
    expect((await ask(clientId, secret)).status).toBe(200)
  })

  test('throttles wrong secrets, but not the right secret from another address', async () => {
    const guessed = await harness.createCredential()
    const guess = () => send('/token', form({ ...grant, client_id: guessed.clientId, client_secret: 'x' }))
    for (let i = 0; i < 6; i++) expect((await guess()).status).toBe(401)
    const slowed = await guess()
    expect(slowed).toMatchObject({
      status: 429,
      body: { error: 'temporarily_unavailable', code: 'too_many_requests' },
    })
    expect(Number(slowed.headers['retry-after'])).toBeGreaterThan(0)
    const right = form({ ...grant, client_id: guessed.clientId, client_secret: guessed.secret })
    expect((await send('/token', { ...right, from: '127.0.0.2' })).status).toBe(200)
  })
})

describe('calling with a token', () => {
  test('reaches the upstream, which gets the identity of the client', async () => {
    const answer = await send('/payments', bearer(await fetchToken()))
    expect(answer.status).toBe(200)
    const fingerprint = new X509Certificate(client.cert).fingerprint256.replaceAll(':', '').toLowerCase()
    expect(answer.body.caller).toEqual({ certificateSha256: fingerprint, address: '127.0.0.1' })
  })

  test('is denied without a token, with code and challenge', async () => {
    const before = harness.upstream.calls.length
    const answer = await send('/payments', { method: 'GET' })
    expect(answer).toMatchObject({ status: 401, body: { code: 'token_missing' } })
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="postern"')
    expect(harness.upstream.calls.length).toBe(before)
    await harness.untilActivity((row) => row.code === 'token_missing' && row.certificate_id === client.id)
  })

  test.each([
    ['no token', 'Bearer'],
    ['only a space', 'Bearer '],
    ['two tokens', 'Bearer one two'],
    ['two credentials', 'Bearer one, Bearer two'],
    ['a parameter', 'Bearer token="one"'],
    ['quotation marks', 'Bearer "one"'],
    ['a tab', 'Bearer\tone'],
    ['padding in the middle', 'Bearer on=e'],
  ])('a Bearer header with %s is malformed (RFC 6750, section 3.1)', async (_what, authorization) => {
    for (const path of ['/payments', '/whoami']) {
      const answer = await send(path, { method: 'GET', headers: { authorization } })
      expect(answer).toMatchObject({ status: 400, body: { code: 'authorization_malformed' } })
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="postern", error="invalid_request", /)
    }
  })

  test('two Authorization lines are a malformed request, whatever they contain', async () => {
    const right = `Bearer ${await fetchToken()}`
    const before = harness.upstream.calls.length
    for (const authorization of [
      [right, right],
      ['Basic YTpi', right],
      ['Bearer x', 'Bearer y'],
    ])
      for (const path of ['/payments', '/whoami'])
        expect(await send(path, { method: 'GET', headers: { authorization } })).toMatchObject({
          status: 400,
          body: { code: 'authorization_malformed' },
        })
    expect(harness.upstream.calls.length).toBe(before)
  })

  test('accepts the scheme in any case, followed by one or more spaces (RFC 6750, section 2.1)', async () => {
    const token = await fetchToken()
    for (const scheme of ['bearer ', 'BEARER ', 'bEaReR ', 'Bearer   '])
      expect(
        (await send('/payments', { method: 'GET', headers: { authorization: scheme + token } })).status,
      ).toBe(200)
    // Another scheme is treated as a missing token.
    expect(
      (await send('/payments', { method: 'GET', headers: { authorization: 'Basic YTpi' } })).body.code,
    ).toBe('token_missing')
  })

  test('is denied with a token that is bound to another certificate', async () => {
    const before = harness.upstream.calls.length
    const token = await fetchToken()
    const other = await harness.issue()
    const external = await harness.issue({ organization: 'globex' })
    for (const as of [other, external]) {
      const answer = await send('/payments', { as, ...bearer(token) })
      expect(answer).toMatchObject({ status: 401, body: { code: 'token_certificate_mismatch' } })
      expect(answer.headers['www-authenticate']).toContain('error="invalid_token"')
    }
    expect(await send('/payments', { as: null, ...bearer(token) })).toMatchObject({
      status: 403,
      body: { code: 'certificate_missing' },
    })
    expect(harness.upstream.calls.length).toBe(before)
    await harness.untilActivity(
      (row) => row.code === 'token_certificate_mismatch' && row.certificate_id === other.id,
    )
  })

  test('is denied without the scope that the route requires', async () => {
    const before = harness.upstream.calls.length
    const token = await fetchToken(client, credential, 'production', 'payments:read')
    expect((await send('/payments/1', bearer(token))).status).toBe(200)
    const answer = await send('/payments', { ...bearer(token), method: 'POST' })
    expect(answer).toMatchObject({ status: 403, body: { code: 'token_scope_missing' } })
    expect(answer.headers['www-authenticate']).toMatch(/error="insufficient_scope".*scope="payments:write"/)
    expect(harness.upstream.calls.length).toBe(before + 1)
  })

  test.each([
    '/other',
    '/payments/../admin',
    '/payments/%2e%2e/admin',
    '/payments/..;/admin',
    '//payments',
    '/payments%2fx',
  ])('does not forward %s', async (path) => {
    const before = harness.upstream.calls.length
    const answer = await send(path, bearer(await fetchToken()))
    expect([400, 404]).toContain(answer.status)
    expect(harness.upstream.calls.length).toBe(before)
  })

  test('is denied with a token of a gateway whose clock is ahead', async () => {
    harness.shiftClock(3 * 3_600_000)
    const token = await fetchToken()
    harness.shiftClock(0)
    const answer = await send('/payments', bearer(token))
    expect(answer).toMatchObject({ status: 401, body: { code: 'token_not_yet_valid' } })
    expect(answer.headers['www-authenticate']).toContain('error="invalid_token"')
    // A small clock difference is tolerated.
    harness.shiftClock(40_000)
    const early = await fetchToken()
    harness.shiftClock(0)
    expect((await send('/payments', bearer(early))).status).toBe(200)
  })

  test('remains denied with a token that was revoked while the clock was ahead', async () => {
    const token = await fetchToken()
    harness.shiftClock(7_200_000)
    const { clientId, secret } = credential
    const revoked = await send('/revoke', form({ token, client_id: clientId, client_secret: secret }))
    harness.shiftClock(0)
    expect(revoked.status).toBe(200)
    expect((await send('/payments', bearer(token))).body.code).toBe('token_revoked')
  })

  test('is denied after the token expires', async () => {
    const token = await fetchToken()
    expect((await send('/payments', bearer(token))).status).toBe(200)
    harness.shiftClock(900_000)
    try {
      const answer = await send('/payments', bearer(token))
      expect(answer).toMatchObject({ status: 401, body: { code: 'token_expired' } })
      expect(answer.headers['www-authenticate']).toContain('error="invalid_token"')
    } finally {
      harness.shiftClock(0)
    }
  })

  test('is denied with a token signed by another key', async () => {
    const good = await fetchToken()
    const [head = '', payload = '', signature = ''] = good.split('.')
    const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString())
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const sign = (header: object) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'ES256', ...header }).sign(privateKey)
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt', kid })).toString('base64url')
    const forged = [
      await sign({ typ: 'at+jwt', kid }),
      await sign({ typ: 'at+jwt', jwk: await exportJWK(publicKey) }),
      await sign({ typ: 'JWT', kid }),
      `${none}.${payload}.`,
      `${head}.${Buffer.from(JSON.stringify({ ...claims, scope: 'admin' })).toString('base64url')}.${signature}`,
      'not-a-token',
    ]
    for (const token of forged)
      expect(await send('/payments', bearer(token))).toMatchObject({
        status: 401,
        body: { code: 'token_invalid' },
      })
  })

  test('has only the scopes that the credentials have now', async () => {
    const narrowed = await harness.createCredential()
    const token = await fetchToken(client, narrowed)
    expect((await send('/payments', bearer(token))).status).toBe(200)
    await harness.limitCredential(narrowed.id, { scopes: ['payments:write'] })
    expect((await send('/payments', bearer(token))).body.code).toBe('token_scope_missing')
    const other = await harness.issue()
    await harness.limitCredential(narrowed.id, { certificateIds: [other.id] })
    expect((await send('/payments', bearer(token))).body.code).toBe('token_certificate_mismatch')
  })

  test('is denied if the credentials are limited to an empty list', async () => {
    const emptied = await harness.createCredential()
    const token = await fetchToken(client, emptied)
    const fetchAgain = () =>
      send('/token', form({ ...grant, client_id: emptied.clientId, client_secret: emptied.secret }))
    await harness.limitCredential(emptied.id, { scopes: [] })
    expect((await send('/payments', bearer(token))).body.code).toBe('token_scope_missing')
    expect((await fetchAgain()).body).not.toHaveProperty('scope')
    await harness.limitCredential(emptied.id, { networks: [] })
    expect((await send('/payments', bearer(token))).body.code).toBe('network_not_allowed')
    expect((await fetchAgain()).body.error).toBe('invalid_client')
    await harness.limitCredential(emptied.id, { certificateIds: [] })
    expect((await send('/payments', bearer(token))).body.code).toBe('token_certificate_mismatch')
    expect((await fetchAgain()).body.error).toBe('invalid_client')
    await harness.limitCredential(emptied.id, {})
    expect((await send('/payments', bearer(token))).status).toBe(200)
  })

  test('is denied after the credentials are deleted', async () => {
    const mortal = await harness.createCredential()
    const token = await fetchToken(client, mortal)
    expect((await send('/payments', bearer(token))).status).toBe(200)
    await harness.deleteCredential(mortal.id)
    await harness.untilFollowed()
    expect(await send('/payments', bearer(token))).toMatchObject({
      status: 401,
      body: { code: 'token_revoked' },
    })
  })

  test('is recorded as an event of the gateway', async () => {
    const token = await fetchToken()
    const answer = await send('/whoami', {
      method: 'GET',
      headers: { authorization: `Bearer ${token}`, date: new Date(Date.now() - 60_000).toUTCString() },
    })
    expect(answer.body.token).toMatchObject({ accepted: true, clientId: credential.clientId })
    expect(answer.body.token.boundTo).toBe(answer.body.certificate.thumbprint)
    expect(answer.body.clock.differenceSeconds).toBeLessThanOrEqual(-59)
    expect(answer.body.credentials.map((one: { clientId: string }) => one.clientId)).toContain(
      credential.clientId,
    )
  })
})

describe('oauth4webapi, an independent client library', () => {
  const connect = (as: TestClient | null) => {
    const agent = new Agent({ connect: { ca: harness.ca, ...(as && { cert: as.cert, key: as.key }) } })
    // The types of undici and of the platform differ; the values are the same.
    const customFetch = (url: string, options: object) =>
      undiciFetch(url, { ...options, dispatcher: agent }) as unknown as Promise<Response>
    return { [oauth.customFetch]: customFetch }
  }
  const discover = async (): Promise<oauth.AuthorizationServer> => {
    const issuer = new URL(harness.url())
    const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...connect(null) })
    return oauth.processDiscoveryResponse(issuer, response)
  }

  test('discovers, fetches, introspects and revokes a certificate-bound token', async () => {
    const as = await discover()
    expect(as.tls_client_certificate_bound_access_tokens).toBe(true)
    const own = { token: '/token', introspection: '/introspect', revocation: '/revoke' }
    for (const [name, path] of Object.entries(own)) {
      expect(as[`${name}_endpoint`]).toBe(`${harness.url()}${path}`)
      expect(as.mtls_endpoint_aliases?.[`${name}_endpoint`]).toBe(`${harness.url()}${path}`)
    }
    const us: oauth.Client = { client_id: credential.clientId, use_mtls_endpoint_aliases: true }
    const auth = oauth.ClientSecretBasic(credential.secret)
    const options = connect(client)
    const granted = await oauth.processClientCredentialsResponse(
      as,
      us,
      await oauth.clientCredentialsGrantRequest(as, us, auth, { scope: 'payments:read' }, options),
    )
    expect(granted).toMatchObject({ token_type: 'bearer', scope: 'payments:read' })
    expect(granted.refresh_token).toBeUndefined()
    const introspect = async () =>
      oauth.processIntrospectionResponse(
        as,
        us,
        await oauth.introspectionRequest(as, us, auth, granted.access_token, options),
      )
    expect(await introspect()).toMatchObject({
      active: true,
      client_id: credential.clientId,
      token_type: 'Bearer',
    })
    expect((await send('/payments', bearer(granted.access_token))).status).toBe(200)
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, us, auth, granted.access_token, options),
    )
    expect(await introspect()).toMatchObject({ active: false })
    const refused = await send('/payments', bearer(granted.access_token))
    expect(refused).toMatchObject({ status: 401, body: { code: 'token_revoked' } })
  })

  test('shows its user why a certificate or secret is denied', async () => {
    const as = await discover()
    const us: oauth.Client = { client_id: credential.clientId, use_mtls_endpoint_aliases: true }
    const fetchAs = async (who: TestClient | null, secret: string) => {
      const auth = oauth.ClientSecretBasic(secret)
      const response = await oauth.clientCredentialsGrantRequest(as, us, auth, {}, connect(who))
      return oauth
        .processClientCredentialsResponse(as, us, response)
        .catch((error) => JSON.stringify(error.cause))
    }
    expect(await fetchAs(null, credential.secret)).toContain('No client certificate was presented.')
    expect(await fetchAs(client, 'wrong')).toContain('Invalid client ID or client secret.')
  })

  test('authenticates by TLS alone', async () => {
    const as = await discover()
    const { clientId } = await harness.createCredential({
      tlsClientAuth: { kind: 'san_uri', value: `urn:postern:production:acme:${client.name}` },
    })
    const us: oauth.Client = { client_id: clientId, use_mtls_endpoint_aliases: true }
    const response = await oauth.clientCredentialsGrantRequest(
      as,
      us,
      oauth.TlsClientAuth(),
      {},
      connect(client),
    )
    expect((await oauth.processClientCredentialsResponse(as, us, response)).access_token).toBeTruthy()
  })
})

test('tokens of the gateway are verified by jose with the published keys', async () => {
  const { body, headers } = await send('/jwks.json', { as: null, method: 'GET' })
  expect(headers['cache-control']).toContain('max-age')
  for (const key of body.keys) expect(key.d).toBeUndefined()
  const expected = { issuer: harness.url(), audience: harness.url(), typ: 'at+jwt', algorithms: ['ES256'] }
  const { payload } = await jwtVerify(await fetchToken(), createLocalJWKSet(body), expected)
  expect(payload.client_id).toBe(credential.clientId)
})

test('introspection and revocation require client authentication (RFC 7662, section 2.1; RFC 7009, section 2.1)', async () => {
  const token = await fetchToken()
  const { clientId, secret } = credential
  for (const path of ['/introspect', '/revoke']) {
    const incomplete: Record<string, string>[] = [
      { token },
      { token, client_id: clientId },
      { token, client_id: clientId, client_secret: 'wrong' },
      { token, client_id: 'nobody', client_secret: secret },
    ]
    for (const parameters of incomplete) {
      const answer = await send(path, form(parameters))
      expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
      expect(answer.body.active).toBeUndefined()
    }
    const bare = await send(path, {
      as: null,
      ...form({ token, client_id: clientId, client_secret: secret }),
    })
    expect(bare).toMatchObject({
      status: 401,
      body: { error: 'invalid_client', code: 'certificate_missing' },
    })
  }
  expect((await send('/payments', bearer(token))).status).toBe(200)
})

test('revocation names a token of another client, and reveals nothing about an invalid one', async () => {
  const token = await fetchToken()
  const neighbor = await harness.createCredential()
  const revoke = (text: string, { clientId, secret }: TestCredential) =>
    send('/revoke', form({ token: text, client_id: clientId, client_secret: secret }))
  expect(await revoke(token, neighbor)).toMatchObject({
    status: 400,
    body: { error: 'unauthorized_client', code: 'client_authentication_failed' },
  })
  expect((await send('/payments', bearer(token))).status).toBe(200)
  expect((await revoke('not-a-token', neighbor)).status).toBe(200)
  expect((await revoke(token, credential)).status).toBe(200)
  // RFC 7009, section 2.2: repeating the request is no error.
  expect((await revoke(token, credential)).status).toBe(200)
})

test('introspection and revocation reveal and change nothing for tokens of other organizations', async () => {
  const token = await fetchToken()
  const external = await harness.issue({ organization: 'globex' })
  const theirs = await harness.createCredential({ organization: 'globex' })
  const neighbour = await harness.createCredential()
  const ask = (path: string, as: TestClient, { clientId, secret }: TestCredential) =>
    send(path, { as, ...form({ token, client_id: clientId, client_secret: secret }) })
  expect((await ask('/introspect', external, theirs)).body).toEqual({ active: false })
  expect(await ask('/revoke', external, theirs)).toMatchObject({
    status: 400,
    body: { error: 'unauthorized_client' },
  })
  expect(await ask('/revoke', client, neighbour)).toMatchObject({ status: 400 })
  expect((await send('/payments', bearer(token))).status).toBe(200)
})
