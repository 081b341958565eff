import { afterAll, beforeAll, expect, test } from 'vitest'
import { askEndpoint, basicOf, type EndpointCall } from '../support/ask-endpoint.ts'
import {
  type GatewayWorld,
  openGatewayWorld,
  type TestClient,
  type TestCredential,
} from '../support/gateway-world.ts'

let world: GatewayWorld
let client: TestClient
let credential: TestCredential

beforeAll(async () => {
  world = await openGatewayWorld()
  client = await world.issue()
  credential = await world.createCredential()
})
afterAll(() => world[Symbol.asyncDispose]())

const ask = (call: Omit<EndpointCall, 'as'>) => askEndpoint(world, { as: client, ...call })
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
  ['NUL behind letters', () => inBody('acme%00x'), 'invalid_request'],
  ['a line break', () => inBody('acme%0ax'), 'invalid_request'],
  ['DEL', () => inBody('acme%7f'), 'invalid_request'],
  ['a letter outside ASCII', () => inBody('acm%C3%A9'), 'invalid_request'],
  ['octets that are no UTF-8', () => inBody('acme%ff%fe'), 'invalid_request'],
  ['201 characters', () => inBody('x'.repeat(201)), 'invalid_request'],
  ['NUL in Basic', () => ({ headers: encode('acme%00:pos_x'), body: grant }), 'invalid_request'],
  ['NUL in Basic as an octet', () => ({ headers: encode('acme\0:pos_x'), body: grant }), 'invalid_request'],
  ['UTF-8 in Basic', () => ({ headers: encode('acm%C3%A9:pos_x'), body: grant }), 'invalid_request'],
  ['no UTF-8 in Basic', () => ({ headers: encode('acm\xff:pos_x'), body: grant }), 'invalid_request'],
  ['a broken escape in Basic', () => ({ headers: encode('acme%0:pos_x'), body: grant }), 'invalid_client'],
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
    'half a character in JSON',
    () => ({ path: '/token/acme', headers: json, body: '{"resource":"\\ud800"}' }),
    'invalid_request',
  ],
])('refuses %s with a sentence, and records nothing of it', async (_what, call, error) => {
  const answer = await ask(call())
  expect(answer.body).toEqual({ error, error_description: expect.any(String) })
  expect(answer.status).toBe(error === 'invalid_client' ? 401 : 400)
})

test('whatever was in the place of a client id, the records have only ids that exist', async () => {
  const { clientId, secret } = await world.createCredential()
  // Id and secret changed places.
  const swapped = await ask({ headers: basicOf({ clientId: secret, secret: clientId }), body: grant })
  expect(swapped).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  const wrong = await ask({ headers: basicOf({ clientId, secret: 'pos_wrong' }), body: grant })
  expect(wrong).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  await world.untilActivity((row) => row.kind === 'token' && row.client_id === clientId)
  const rows = await world.untilActivity((row) => row.kind === 'token', 20)
  expect(new Set(rows.map((row) => row.client_id))).toEqual(new Set([null, clientId]))
  expect(JSON.stringify(rows)).not.toContain(secret)
})

test.each([
  ['two spaces', 'payments:read  payments:write'],
  ['a space at the end', 'payments:read '],
  ['a space alone', ' '],
  ['a quotation mark', 'payments:"read"'],
  ['a backslash', 'payments\\read'],
  ['a letter outside ASCII', 'päyments'],
])('refuses a scope with %s', async (_what, scope) => {
  const body = new URLSearchParams({ grant_type: 'client_credentials', scope }).toString()
  const answer = await ask({ headers: basicOf(credential), body })
  expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_scope' } })
})

test('Basic credentials have one spelling', async () => {
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

test('an access token has one spelling, and other spellings do not revoke or introspect it', async () => {
  const { body } = await ask({ headers: basicOf(credential), body: grant })
  const token: string = body.access_token
  const [header = '', payload = '', signature = ''] = token.split('.')
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  // 64 octets leave four bits of the last letter without meaning.
  const last = letters.indexOf(signature.slice(-1))
  const spareBits = letters[last ^ 1]
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
    const refused = await askEndpoint(world, {
      as: client,
      path: '/payments',
      headers: { authorization: `Bearer ${spelling}` },
    })
    expect([spelling, refused.body.code]).toEqual([
      spelling,
      expect.stringMatching(/^token_(invalid|missing)$/),
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
