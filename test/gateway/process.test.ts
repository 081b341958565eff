import { once } from 'node:events'
import { Agent, request as httpsRequest } from 'node:https'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnBothEngines } from '../support/databases.ts'
import { type GatewayWorld, openGatewayWorld, type TestClient } from '../support/gateway-world.ts'

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
  world: GatewayWorld,
  path: string,
  sending: Sending,
): Promise<{ status: number; text: string; isLast: boolean }> {
  const { as, gateway = 0, environment = 'production', body = '', agent = false, ...rest } = sending
  const port = world.port(environment, gateway)
  const tls = { ca: world.ca, cert: as.cert, key: as.key, agent }
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
  let world: GatewayWorld
  beforeAll(async () => {
    world = await openGatewayWorld({ location: store.location, gateways: 2 })
  })
  afterAll(() => world[Symbol.asyncDispose]())

  test('know immediately what was issued or revoked, and which tokens are not accepted', async () => {
    const client = await world.issue()
    const { clientId, secret } = await world.createCredential()
    const form = { 'content-type': 'application/x-www-form-urlencoded', 'x-api-key': secret }
    const asked = await send(world, `/token/${clientId}`, { as: client, method: 'POST', headers: form })
    const token = JSON.parse(asked.text).access_token
    const headers = { authorization: `Bearer ${token}` }
    for (const gateway of [0, 1])
      expect((await send(world, '/payments', { as: client, gateway, headers })).status).toBe(200)

    const revocation = {
      as: client,
      method: 'POST',
      headers: { ...form },
      body: `client_id=${clientId}&token=${token}`,
    }
    expect((await send(world, '/revoke', revocation)).status).toBe(200)
    const here = await send(world, '/payments', { as: client, headers })
    expect(JSON.parse(here.text).code).toBe('token_revoked')
    await new Promise((resolve) => setTimeout(resolve, 200))
    const there = await send(world, '/payments', { as: client, gateway: 1, headers })
    expect(JSON.parse(there.text).code).toBe('token_revoked')

    await world.revoke(client.id)
    await new Promise((resolve) => setTimeout(resolve, 200))
    for (const gateway of [0, 1])
      expect(JSON.parse((await send(world, '/payments', { as: client, gateway, headers })).text).code).toBe(
        'certificate_revoked',
      )
    const rows = await world.untilActivity((row) => row.certificate_id === client.id, 8)
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
    const { queries } = world.database
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
  await using world = await openGatewayWorld({ environments: { production: { refusals: 'drop' } } })
  const stranger = await world.issue({ registered: false })
  expect(await send(world, '/payments', { as: stranger })).toMatchObject({ status: 0, text: '' })
  const [row] = await world.untilActivity(({ code }) => code === 'certificate_not_registered')
  expect(row).toMatchObject({ status: null, outcome: 'refused' })
  const friend = await world.issue()
  expect((await send(world, '/whoami', { as: friend })).status).toBe(200)
  expect((await send(world, '/jwks.json', { as: stranger, method: 'GET' })).status).toBe(200)
})

test('finish open requests when they stop, and record that they stopped', async () => {
  await using world = await openGatewayWorld()
  const client = await world.issue()
  let answered = 0
  // Each client sends requests over one keep-alive connection until the gateway announces its closing.
  const load = Array.from({ length: 4 }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (;;) {
      const { status, isLast } = await send(world, '/whoami', { as: client, agent })
      if (status === 200) answered += 1
      if (status !== 200 || isLast) return status
    }
  })
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(answered).toBeGreaterThan(10)
  const idle = connect({
    port: world.port(),
    host: 'localhost',
    ca: world.ca,
    cert: client.cert,
    key: client.key,
  })
  await once(idle, 'secureConnect')
  await world.gateways[0]?.close()
  expect(await Promise.all(load)).toEqual([200, 200, 200, 200])
  const { queries } = world.database
  const [gateway] = await queries.selectFrom('gateways').select('stopped_at').execute()
  expect(gateway?.stopped_at).toBeGreaterThan(0)
  const rows = await queries.selectFrom('usage').select('ok').where('grain', '=', 'day').execute()
  expect(rows.reduce((sum, { ok }) => sum + ok, 0)).toBe(answered)
})
