import { once } from 'node:events'
import { connect } from 'node:http2'
import { request } from 'node:https'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCredentialToken } from '../support/fetch-token.ts'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'

let harness: GatewayHarness
const day = 86_400_000

beforeAll(async () => {
  harness = await openGatewayHarness({ environments: { production: { certificateStatusHeader: true } } })
})
afterAll(() => harness[Symbol.asyncDispose]())

/** Returns the certificate status in a response, with the HTTP status. */
async function ask(
  client: TestClient | undefined,
  { path = '/whoami', environment = 'production', authorization = '' } = {},
): Promise<[number | undefined, string | undefined]> {
  const identity = client && { cert: client.cert, key: client.key }
  const options = { ...identity, ca: harness.ca, headers: { authorization }, agent: false } as const
  const asked = request(`${harness.url(environment)}${path}`, options)
  asked.end()
  const [response] = await once(asked, 'response')
  response.resume()
  return [response.statusCode, response.headers['postern-certificate-status']]
}

test('every response has the certificate status: from the gateway, from the upstream, and denials', async () => {
  const client = await harness.issue({ notAfter: Date.now() + 200 * day })
  const soon = await harness.issue({ notAfter: Date.now() + 12.5 * day })
  const last = await harness.issue({ notAfter: Date.now() + 0.5 * day })
  expect(await ask(undefined)).toEqual([403, 'not-presented'])
  expect(await ask(client)).toEqual([200, 'valid'])
  expect(await ask(soon)).toEqual([200, 'expiring; days=12'])
  expect(await ask(last)).toEqual([200, 'expiring; days=0'])
  const authorization = `Bearer ${await createCredentialToken(harness, soon)}`
  expect(await ask(soon, { path: '/payments', authorization })).toEqual([200, 'expiring; days=12'])
  expect(await ask(client, { path: '/payments' })).toEqual([401, 'valid'])
  expect(await ask(client, { path: '/token' })).toEqual([405, 'valid'])
  await harness.revoke(client.id)
  await harness.untilFollowed()
  expect(await ask(client)).toEqual([403, 'invalid; cause=certificate_revoked'])
})

test('responses over HTTP/2 have the certificate status', async () => {
  const { cert, key } = await harness.issue({ notAfter: Date.now() + 5.5 * day })
  const session = connect(harness.url(), { cert, key, ca: harness.ca })
  const stream = session.request({ ':path': '/whoami' })
  const [headers] = await once(stream, 'response')
  expect(headers['postern-certificate-status']).toBe('expiring; days=5')
  session.destroy()
})

test('responses have no certificate status if the environment disables it', async () => {
  const client = await harness.issue({ environment: 'staging' })
  expect(await ask(client, { environment: 'staging' })).toEqual([200, undefined])
})
