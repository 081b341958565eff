import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:http2'
import { Agent, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCredentialToken } from '../support/fetch-token.ts'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'

const day = 86_400_000
const field = 'postern-certificate-expires'
/** An API that claims to know the certificates of its clients. */
const api = createServer((_, response) => {
  response.writeHead(200, { [field]: 'Thu, 01 Jan 1970 00:00:00 GMT' }).end('{}')
})
let harness: GatewayHarness

beforeAll(async () => {
  api.listen(0, '127.0.0.1')
  await once(api, 'listening')
  const upstream = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
  harness = await openGatewayHarness({
    gateways: 2,
    environments: { production: { upstream, routes: null } },
  })
})
afterAll(async () => {
  await harness[Symbol.asyncDispose]()
  api.close()
})

interface Call {
  path?: string
  method?: string
  headers?: Record<string, string>
  gateway?: number
  agent?: Agent | false
  environment?: string
}

async function ask(client: TestClient, call: Call = {}) {
  const { path = '/whoami', method = 'GET', headers = {}, gateway = 0, agent = false } = call
  const { cert, key } = client
  const port = harness.port(call.environment, gateway)
  const asked = request({ host: 'localhost', port, path, method, headers, agent, cert, key, ca: harness.ca })
  asked.end()
  const [response] = await once(asked, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, expires: response.headers[field], body: JSON.parse(text || '{}') }
}

/** To the second, as certificates have it. */
const inDays = (days: number) => Math.floor((Date.now() + days * day) / 1000) * 1000
const toDate = (at: number) => new Date(at).toUTCString()

test('every answer says when the certificate ends, from 30 days before', async () => {
  const end = inDays(12)
  const client = await harness.issue({ notAfter: end })
  const token = await createCredentialToken(harness, client)
  const authorization = `Bearer ${token}`
  const expires = toDate(end)
  expect(await ask(client)).toMatchObject({
    ...{ status: 200, expires },
    body: {
      certificate: {
        acceptedUntil: new Date(end).toISOString(),
        expiring: true,
        replaced: false,
        daysLeft: 11,
      },
    },
  })
  // The value of the API is replaced.
  expect(await ask(client, { path: '/payments', headers: { authorization } })).toMatchObject({
    ...{ status: 200, expires },
  })
  expect(await ask(client, { path: '/payments' })).toMatchObject({ status: 401, expires })
  expect(await ask(client, { path: '/token', method: 'POST' })).toMatchObject({ status: 401, expires })
  expect(await ask(client, { path: '/nothing', method: 'PUT' })).toMatchObject({ status: 401, expires })
  expect(await ask(client, { environment: 'staging' })).toMatchObject({ status: 403, expires })

  const session = connect(harness.url(), { cert: client.cert, key: client.key, ca: harness.ca })
  for (const headers of [
    { ':path': '/whoami' },
    { ':path': '/payments', authorization },
    { ':path': '/x' },
  ]) {
    const stream = session.request(headers)
    const [answer] = await once(stream, 'response')
    expect(answer[field]).toBe(expires)
  }
  session.destroy()

  const far = await harness.issue({ notAfter: inDays(31) })
  const answer = await ask(far)
  expect(answer.expires).toBeUndefined()
  expect(answer.body.certificate).toMatchObject({ expiring: false, replaced: false })
  const other = { authorization: `Bearer ${await createCredentialToken(harness, far)}` }
  const passed = await ask(far, { path: '/payments', headers: other })
  // The API says it all the same.
  expect(passed).toEqual({ status: 200, expires: undefined, body: {} })
})

test('it begins on an open connection, and ends on one in every gateway once the replacement is accepted', async () => {
  const end = inDays(30.5)
  const client = await harness.issue({ notAfter: end })
  const next = await harness.issue()
  const { queries } = harness.database
  await queries
    .updateTable('certificates')
    .set({ replaces_id: client.id })
    .where('id', '=', next.id)
    .execute()
  const agents = [0, 1].map(() => new Agent({ keepAlive: true, maxSockets: 1 }))
  const askBoth = () =>
    Promise.all(agents.map(async (agent, gateway) => (await ask(client, { gateway, agent })).expires))
  expect(await askBoth()).toEqual([undefined, undefined])
  harness.shiftClock(day)
  try {
    expect(await askBoth()).toEqual([toDate(end), toDate(end)])
    // The first gateway accepts it; the other one learns of it too.
    expect((await ask(next)).status).toBe(200)
    await expect.poll(askBoth, { timeout: 20_000 }).toEqual([undefined, undefined])
    expect((await ask(client)).body.certificate).toMatchObject({ expiring: false, replaced: true })
    await harness.revoke(next.id)
    await expect.poll(askBoth, { timeout: 20_000 }).toEqual([toDate(end), toDate(end)])
  } finally {
    harness.shiftClock(0)
    for (const agent of agents) agent.destroy()
  }
})

test('a denial because of the end says when it was; one because of a revocation does not', async () => {
  const end = inDays(-2)
  const ended = await harness.issue({ notBefore: inDays(-9), notAfter: end })
  expect(await ask(ended)).toMatchObject({ status: 403, expires: toDate(end) })
  const revoked = await harness.issue({ notAfter: inDays(5) })
  await harness.revoke(revoked.id)
  expect(await ask(revoked)).toMatchObject({ status: 403, expires: undefined })
})
