import { once } from 'node:events'
import { Agent, request as httpsRequest } from 'node:https'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnBothEngines } from '../support/databases.ts'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'

interface Sending {
  as: TestClient
  gateway?: number
  environment?: string
  method?: string
  headers?: Record<string, string>
  body?: string
  agent?: Agent | false
}

/** Returns the response of a gateway; status 0 if the connection was closed instead. */
async function send(
  harness: GatewayHarness,
  path: string,
  sending: Sending,
): Promise<{ status: number; text: string; isLast: boolean }> {
  const { as, gateway = 0, environment = 'production', body = '', agent = false, ...rest } = sending
  const port = harness.port(environment, gateway)
  const tls = { ca: harness.ca, cert: as.cert, key: as.key, agent }
  const request = httpsRequest({ host: 'localhost', port, path, ...tls, ...rest })
  request.end(body)
  try {
    const [response] = await once(request, 'response')
    let text = ''
    for await (const chunk of response) text += chunk
    return { status: response.statusCode, text, isLast: response.headers.connection === 'close' }
  } catch {
    return { status: 0, text: '', isLast: true }
  }
}

describeOnBothEngines('two gateway processes over one store', (store) => {
  let harness: GatewayHarness
  beforeAll(async () => {
    harness = await openGatewayHarness({ location: store.location, gateways: 2 })
  })
  afterAll(() => harness[Symbol.asyncDispose]())

  test('know immediately what was issued or revoked, and which tokens are not accepted', async () => {
    const client = await harness.issue()
    const { clientId, secret } = await harness.createCredential()
    const form = { 'content-type': 'application/x-www-form-urlencoded', 'x-api-key': secret }
    const asked = await send(harness, `/token/${clientId}`, { as: client, method: 'POST', headers: form })
    const token = JSON.parse(asked.text).access_token
    const headers = { authorization: `Bearer ${token}` }
    for (const gateway of [0, 1])
      expect((await send(harness, '/payments', { as: client, gateway, headers })).status).toBe(200)

    const revocation = {
      as: client,
      method: 'POST',
      headers: { ...form },
      body: `client_id=${clientId}&token=${token}`,
    }
    expect((await send(harness, '/revoke', revocation)).status).toBe(200)
    const here = await send(harness, '/payments', { as: client, headers })
    expect(JSON.parse(here.text).code).toBe('token_revoked')
    await harness.untilFollowed()
    const there = await send(harness, '/payments', { as: client, gateway: 1, headers })
    expect(JSON.parse(there.text).code).toBe('token_revoked')

    await harness.revoke(client.id)
    await harness.untilFollowed()
    for (const gateway of [0, 1])
      expect(JSON.parse((await send(harness, '/payments', { as: client, gateway, headers })).text).code).toBe(
        'certificate_revoked',
      )
    const rows = await harness.untilActivity((row) => row.certificate_id === client.id, 8)
    expect(rows.map((row) => row.code).toSorted()).toEqual(
      [
        'certificate_revoked',
        'certificate_revoked',
        'token_revoked',
        'token_revoked',
        null,
        null,
        null,
        null,
      ].toSorted(),
    )
    const { queries } = harness.database
    const used = await queries
      .selectFrom('certificates')
      .selectAll()
      .where('id', '=', client.id)
      .executeTakeFirst()
    expect(used?.last_used_at).toBeGreaterThanOrEqual(used?.first_used_at ?? Number.POSITIVE_INFINITY)
    const hour = await queries
      .selectFrom('usage')
      .selectAll()
      .where('certificate_id', '=', client.id)
      .where('grain', '=', 'hour')
      .execute()
    expect(hour.reduce((sum, row) => sum + row.ok, 0)).toBe(4)
    expect(hour.reduce((sum, row) => sum + row.refusals, 0)).toBe(4)
    const credential = await queries
      .selectFrom('credentials')
      .select('last_used_at')
      .where('client_id', '=', clientId)
      .executeTakeFirst()
    expect(credential?.last_used_at).toBeGreaterThan(Date.now() - 60_000)
  })
})

test('drop denied requests without a response if the environment is configured so', async () => {
  await using harness = await openGatewayHarness({ environments: { production: { denials: 'drop' } } })
  const stranger = await harness.issue({ registered: false })
  expect(await send(harness, '/payments', { as: stranger })).toMatchObject({ status: 0, text: '' })
  const [row] = await harness.untilActivity(({ code }) => code === 'certificate_not_registered')
  expect(row).toMatchObject({ status: null, outcome: 'refused' })
  const friend = await harness.issue()
  expect((await send(harness, '/whoami', { as: friend })).status).toBe(200)
  expect((await send(harness, '/jwks.json', { as: stranger, method: 'GET' })).status).toBe(200)
})

test('finish open requests when they stop, and record that they stopped', async () => {
  await using harness = await openGatewayHarness()
  const client = await harness.issue()
  let answered = 0
  // Each client sends requests over one keep-alive connection until the gateway announces its closing.
  const load = Array.from({ length: 4 }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (;;) {
      const { status, isLast } = await send(harness, '/whoami', { as: client, agent })
      if (status === 200) answered += 1
      if (status !== 200 || isLast) return status
    }
  })
  await expect.poll(() => answered, { timeout: 60_000 }).toBeGreaterThan(10)
  const idle = connect({
    port: harness.port(),
    host: 'localhost',
    ca: harness.ca,
    cert: client.cert,
    key: client.key,
  })
  await once(idle, 'secureConnect')
  await harness.gateways[0]?.close()
  expect(await Promise.all(load)).toEqual([200, 200, 200, 200])
  const { queries } = harness.database
  const [gateway] = await queries.selectFrom('gateways').select('stopped_at').execute()
  expect(gateway?.stopped_at).toBeGreaterThan(0)
  const rows = await queries.selectFrom('usage').select('ok').where('grain', '=', 'day').execute()
  expect(rows.reduce((sum, { ok }) => sum + ok, 0)).toBe(answered)
})
