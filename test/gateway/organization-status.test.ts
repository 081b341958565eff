import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OrganizationStatus } from '../../src/contract/organization.ts'
import { createOrganizationChangeStore } from '../../src/organizations/organization-change-store.ts'
import { systemActor } from '../../src/shapes/actor.ts'
import { askEndpoint, basicOf } from '../support/ask-endpoint.ts'
import { describeOnBothEngines } from '../support/databases.ts'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'

/** For a loaded machine; on an idle one it takes some milliseconds. */
const patience = { timeout: 10_000, interval: 20 }
const grant = 'grant_type=client_credentials'

describeOnBothEngines('a gateway whose store says that an organization is suspended or closed', (store) => {
  let harness: GatewayHarness
  let [bound, unbound, other] = ['', '', '']
  let client: TestClient
  let foreign: TestClient
  let credential: Awaited<ReturnType<GatewayHarness['createCredential']>>

  const fetchToken = async (as: TestClient | null, organization: string) => {
    const headers = basicOf(await harness.createCredential({ organization }))
    return (await askEndpoint(harness, { as, headers, body: grant })).body.access_token as string
  }
  beforeAll(async () => {
    harness = await openGatewayHarness({ location: store.location, authorizer: true })
    await harness.setPlan('observe')
    client = await harness.issue()
    foreign = await harness.issue({ organization: 'globex' })
    credential = await harness.createCredential()
    bound = await fetchToken(client, 'acme')
    unbound = await fetchToken(null, 'acme')
    other = await fetchToken(foreign, 'globex')
  })
  afterAll(() => harness[Symbol.asyncDispose]())

  const setStatus = (status: OrganizationStatus, reason: string | null = null) =>
    createOrganizationChangeStore(harness.database).changeStatus(
      harness.organizations.acme?.id ?? '',
      status,
      reason,
      { actor: systemActor('test'), now: Date.now() },
    )
  const call = async (as: TestClient | null, token: string, path = '/payments') => {
    const headers = { authorization: `Bearer ${token}` }
    const { status, body } = await askEndpoint(harness, { as, path, headers, method: 'GET' })
    return `${status} ${body?.code ?? 'ok'}`
  }
  const getToken = async (as: TestClient | null) => {
    const { status, body } = await askEndpoint(harness, { as, headers: basicOf(credential), body: grant })
    return `${status} ${body.code ?? body.error ?? 'ok'}`
  }
  /** Asks as Traefik does. */
  const askAuthorizer = async () => {
    const asked = request({
      port: harness.gateways[0]?.authorizerPort,
      path: '/authorize/production/traefik',
      headers: {
        ...{ 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/payments', 'x-forwarded-for': '192.0.2.7' },
        'x-forwarded-tls-client-cert': Buffer.from(client.der).toString('base64'),
        authorization: `Bearer ${bound}`,
      },
    })
    asked.end()
    const [answer] = await once(asked, 'response')
    let text = ''
    for await (const chunk of answer) text += chunk
    return `${answer.statusCode} ${text === '' ? 'ok' : JSON.parse(text).code}`
  }
  const askAll = async () => ({
    call: await call(client, bound),
    callWithout: await call(null, unbound),
    whoami: await call(client, bound, '/whoami'),
    token: await getToken(client),
    tokenWithout: await getToken(null),
    authorizer: await askAuthorizer(),
    other: await call(foreign, other),
  })
  const denied = (code: string) => ({
    ...{ call: `403 ${code}`, callWithout: `403 ${code}`, whoami: `403 ${code}`, authorizer: `403 ${code}` },
    ...{ token: `400 ${code}`, tokenWithout: `400 ${code}`, other: '200 ok' },
  })
  const allowed = {
    ...{ call: '200 ok', callWithout: '200 ok', whoami: '200 ok', authorizer: '200 ok' },
    ...{ token: '200 ok', tokenWithout: '200 ok', other: '200 ok' },
  }

  test('denies all of it with a code of its own, closes its connections, and lets it in again', async () => {
    expect(await askAll()).toEqual(allowed)
    const { cert, key } = client
    const open = connect({ port: harness.port(), host: 'localhost', ca: harness.ca, cert, key })
    await once(open, 'secureConnect')
    open.on('error', () => {}).resume()
    const closed = once(open, 'close')
    await setStatus('suspended', 'Contract ended')
    await closed
    await expect.poll(askAll, patience).toEqual(denied('organization_suspended'))
    const [row] = await harness.untilActivity(({ code }) => code === 'organization_suspended')
    expect(row?.organization_id).toBe(harness.organizations.acme?.id)
    // Nothing is lost.
    const { queries } = harness.database
    const kept = queries.selectFrom('certificates').select('status').where('id', '=', client.id)
    expect(await kept.executeTakeFirst()).toEqual({ status: 'issued' })
    await setStatus('active')
    await expect.poll(askAll, patience).toEqual(allowed)
  })

  test('denies an organization that is closed', async () => {
    await setStatus('closed')
    await expect.poll(askAll, patience).toEqual(denied('organization_closed'))
  })
})
