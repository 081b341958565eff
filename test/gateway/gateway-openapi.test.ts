import { X509Certificate } from 'node:crypto'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import spectralCore, { type RulesetDefinition } from '@stoplight/spectral-core'
import { oas } from '@stoplight/spectral-rulesets'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gatewayOperations } from '../../src/contract/gateway-operations.ts'
import { gatewayPaths } from '../../src/contract/gateway-paths.ts'
import { formatChallengeFile } from '../../src/contract/registration.ts'
import { type DescribedEnvironment, toGatewayOpenApi } from '../../src/http/gateway-openapi.ts'
import { askEndpoint, basicOf } from '../support/ask-endpoint.ts'
import { createCredentialToken } from '../support/fetch-token.ts'
import {
  type GatewayHarness,
  openGatewayHarness,
  type TestClient,
  type TestCredential,
} from '../support/gateway-harness.ts'

const described: DescribedEnvironment = {
  name: 'production',
  label: 'Production',
  gatewayUrl: 'https://api.provider.example:8443',
  profile: 'oauth2',
  scopes: [{ name: 'payments:read', description: 'Read payments' }],
  externalCertificates: 'pinned',
}
const portalUrl = 'https://portal.provider.example'
// As a client reads it.
const document = JSON.parse(JSON.stringify(toGatewayOpenApi(described, portalUrl)))
const ajv = new Ajv2020({ strict: false, allErrors: true })
ajv.addSchema(document, 'document')
const toPointer = (part: string) => part.replaceAll('~', '~0').replaceAll('/', '~1')

let harness: GatewayHarness
let client: TestClient
let revoked: TestClient
let credential: TestCredential
let token: string
beforeAll(async () => {
  const { scopes, externalCertificates } = described
  harness = await openGatewayHarness({
    environments: { production: { scopes, externalCertificates, routes: null } as never },
  })
  client = await harness.issue()
  revoked = await harness.issue()
  await harness.revoke(revoked.id)
  credential = await harness.createCredential()
  token = await createCredentialToken(harness, client)
})
afterAll(() => harness[Symbol.asyncDispose]())

test.each(['oauth2', 'fapi2'] as const)(
  'the document passes the strict rules of Redocly, and Spectral without a warning, with %s',
  async (profile) => {
    const config = await createConfig({ extends: ['recommended-strict'] })
    const source = JSON.stringify(toGatewayOpenApi({ ...described, profile }, portalUrl))
    const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config })
    expect(problems.map(({ message, ruleId }) => `${ruleId}: ${message}`)).toEqual([])
    const spectral = new spectralCore.Spectral()
    spectral.setRuleset({ extends: [oas] } as RulesetDefinition)
    expect((await spectral.run(source)).map(({ code, message }) => `${code}: ${message}`)).toEqual([])
    expect(source.includes('"name":"x-api-key"')).toBe(profile === 'oauth2')
  },
)

test('the document has every address of a gateway, and proofs only where external certificates are accepted', () => {
  expect(Object.keys(document.paths).sort()).toEqual(Object.values(gatewayPaths).sort())
  const without = toGatewayOpenApi(
    { ...described, externalCertificates: 'off' },
    portalUrl,
  ) as typeof document
  expect(without.paths[gatewayPaths.registrations]).toBeUndefined()
})

test('every example fits its schema', () => {
  let count = 0
  const examine = (place: string, content: Record<string, { example: unknown }>) => {
    for (const [type, { example }] of Object.entries(content)) {
      const validate = ajv.compile({ $ref: `document#${place}/content/${toPointer(type)}/schema` })
      expect([place, type, validate(example), validate.errors]).toEqual([place, type, true, null])
      count += 1
    }
  }
  for (const [path, methods] of Object.entries<object>(document.paths))
    for (const [method, operation] of Object.entries(methods)) {
      const place = `/paths/${toPointer(path)}/${method}`
      if (operation.requestBody) examine(`${place}/requestBody`, operation.requestBody.content)
      for (const [status, response] of Object.entries<{ content: Record<string, { example: unknown }> }>(
        operation.responses,
      ))
        examine(`${place}/responses/${status}`, response.content)
    }
  expect(count).toBeGreaterThan(50)
})

/** Sends a request to an operation and checks that the document has its answer. */
async function ask(
  id: string,
  {
    as = client,
    headers = {},
    body = '',
  }: { as?: TestClient | null; headers?: Record<string, string>; body?: string },
) {
  const { method, path } = gatewayOperations.find(
    (each) => each.id === id,
  ) as (typeof gatewayOperations)[number]
  const target = path.replace('{clientId}', credential.clientId)
  const answer = await askEndpoint(harness, { as, path: target, method, headers, body })
  const place = `/paths/${toPointer(path)}/${method.toLowerCase()}/responses/${answer.status}`
  const type = String(answer.headers['content-type'])
  const validate = ajv.compile({ $ref: `document#${place}/content/${toPointer(type)}/schema` })
  expect([id, validate(answer.body), validate.errors]).toEqual([id, true, null])
  expect(answer.headers['postern-trace-id']).toMatch(/^[0-9a-f]{32}$/)
  return answer
}

const grant = 'grant_type=client_credentials'
const tokenOperations = ['issueToken', 'issueTokenOfClient', 'issueTokenOfClientBelowAuth']
const oauthOperations = [...tokenOperations, 'introspectToken', 'revokeToken']

const replyOf = (id: string) => gatewayOperations.find((each) => each.id === id)?.reply.example
const namesOf = (body: unknown) => Object.keys(body as object).sort()

describe('the gateway answers as its document says', () => {
  test.each(tokenOperations)('to %s', async (id) => {
    const headers = id === 'issueToken' ? basicOf(credential) : { 'x-api-key': credential.secret }
    expect(await ask(id, { headers, body: grant })).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer' },
    })
    expect((await ask(id, { headers, body: `${grant}&scope=none` })).body.error).toBe('invalid_scope')
  })

  test('to introspectToken and revokeToken', async () => {
    const request = { headers: basicOf(credential), body: `token=${token}` }
    expect((await ask('introspectToken', request)).body).toMatchObject({ active: true })
    expect((await ask('introspectToken', { ...request, body: 'token=x' })).body).toEqual({ active: false })
    expect((await ask('introspectToken', { ...request, body: '' })).status).toBe(400)
    expect((await ask('revokeToken', { ...request, body: 'token=x' })).body).toEqual({})
  })

  const examples = gatewayOperations.flatMap(({ id, body }) =>
    Object.entries(body?.content ?? {}).map(([type, { example }]) => [id, type, example] as const),
  )
  test.each(examples)('to the example of %s as %s', async (id, type, example) => {
    const own = (await ask('issueToken', { headers: basicOf(credential), body: grant })).body.access_token
    const known = typeof example === 'object' && example !== null && 'token' in example ? { token: own } : {}
    const fields = { ...(example as Record<string, string>), ...known }
    const form = new URLSearchParams(fields).toString()
    const body = typeof example === 'string' ? example : type.endsWith('json') ? JSON.stringify(fields) : form
    const reply = await ask(id, { headers: { ...basicOf(credential), 'content-type': type }, body })
    // It names another certificate than the one of this connection, and is read up to there.
    if (id === 'proveRegistration') expect(reply.body.code).toBe('proof_invalid')
    else expect([reply.status, namesOf(reply.body)]).toEqual([200, namesOf(replyOf(id))])
  })

  test.each(['getWhoami', 'getMetadata', 'getKeys'])('to %s with the members of its example', async (id) => {
    expect(namesOf((await ask(id, {})).body)).toEqual(namesOf(replyOf(id)))
  })

  test.each(oauthOperations)('to %s with a revoked certificate, a wrong secret and too much', async (id) => {
    const right = { headers: basicOf(credential), body: `${grant}&token=x` }
    const denied = await ask(id, { ...right, as: revoked })
    expect(denied.body).toMatchObject({ error: 'invalid_client', code: 'certificate_revoked', status: 401 })
    expect(denied.body.presented.subject).toContain(revoked.name)
    const wrong = await ask(id, { ...right, headers: basicOf({ ...credential, secret: 'pos_wrong' }) })
    expect(wrong.body).toMatchObject({ error: 'invalid_client', code: 'client_authentication_failed' })
    const large = await ask(id, { ...right, body: `${grant}&x=${'x'.repeat(17_000)}` })
    expect(large.body).toMatchObject({ status: 400, code: 'body_too_large' })
  })

  test('to getWhoami', async () => {
    expect((await ask('getWhoami', {})).body).toMatchObject({
      certificate: { name: client.name },
      token: null,
    })
    const bearer = { authorization: `Bearer ${token}` }
    expect((await ask('getWhoami', { headers: bearer })).body.token).toMatchObject({ accepted: true })
    const other = { authorization: 'Bearer x' }
    expect((await ask('getWhoami', { headers: other })).body.token).toMatchObject({ code: 'token_invalid' })
    expect((await ask('getWhoami', { as: revoked })).body).toMatchObject({ code: 'certificate_revoked' })
    expect((await ask('getWhoami', { as: null })).body).toMatchObject({ code: 'certificate_missing' })
  })

  test.each(['getMetadata', 'getKeys'])('to %s, without a certificate', async (id) => {
    expect((await ask(id, { as: null })).status).toBe(200)
  })

  test('to proveRegistration', async () => {
    expect((await ask('proveRegistration', { body: 'x' })).body).toMatchObject({ code: 'bad_request' })
    const statement = {
      ...{ registrationId: `reg_${'0'.repeat(26)}`, organization: 'acme', environment: 'production' },
      challenge: 'x'.repeat(43),
    }
    const fingerprintSha256 = new X509Certificate(client.cert).fingerprint256
      .replaceAll(':', '')
      .toLowerCase()
    const body = formatChallengeFile({ ...statement, fingerprintSha256 })
    expect((await ask('proveRegistration', { body })).status).toBe(202)
    const other = formatChallengeFile({ ...statement, fingerprintSha256: '0'.repeat(64) })
    expect((await ask('proveRegistration', { body: other })).body).toMatchObject({ code: 'proof_invalid' })
  })

  test.each(gatewayOperations.map(({ id, method, path }) => [id, method, path] as const))(
    'to another method than that of %s',
    async (id, method, path) => {
      const target = path.replace('{clientId}', credential.clientId)
      const answer = await askEndpoint(harness, { as: client, path: target, method: 'DELETE', body: '' })
      expect(answer.status).toBe(405)
      expect(String(answer.headers.allow).split(', ')).toContain(method)
      const type = String(answer.headers['content-type'])
      const place = `/paths/${toPointer(path)}/${method.toLowerCase()}/responses/405/content/${toPointer(type)}/schema`
      const validate = ajv.compile({ $ref: `document#${place}` })
      expect([id, validate(answer.body), validate.errors]).toEqual([id, true, null])
    },
  )
})
