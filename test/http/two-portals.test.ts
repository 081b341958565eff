import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { stepUpHeader } from '../../src/contract/step-up.ts'
import { type ApiClient, createApiClient, signInFirst, toUrl } from '../support/api.ts'
import { issueCertificate } from '../support/certificates.ts'
import { createInjectFetch } from '../support/inject-fetch.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { openTestProvider, type TestProvider } from '../support/openid-provider.ts'
import { createPostgresDatabase } from '../support/postgres.ts'
import { addPasskey } from '../support/second-factors.ts'
import { addOrganization, addUser, signIn, testPassword } from '../support/users.ts'

const params = { organization: 'acme' }
const place = { ...params, environment: 'production' }
const records = new Map<string, string[]>()

let portals: LocalPostern[]
let provider: TestProvider
let admin: ApiClient
/** Both portals behind a balancer without stickiness: each request goes to the other one than the last. */
let balanced: LocalPostern
let asked = 0

/** Has the next request go to the first portal. */
const beginAtFirst = () => {
  asked = 0
}

beforeAll(async () => {
  const key = () => randomBytes(32).toString('base64')
  const environment = {
    POSTERN_DATABASE_URL: await createPostgresDatabase(inject('postgresUrl')),
    ...{ POSTERN_AUTHORITY_KEY: key(), POSTERN_GATEWAY_KEY: key(), POSTERN_SESSION_KEY: key() },
  }
  const config = {
    storage: { engine: 'postgres' },
    portal: { singleSignOn: { allowPrivateIssuers: true } },
  }
  const findTxtRecords = async (name: string) => records.get(name) ?? []
  const open = (more: object = {}) =>
    openPostern({ config, environment: { ...environment, ...more }, findTxtRecords })
  const first = await open()
  const portOf = (url: string) => new URL(url).port
  // Neither opens its ports: users know both by one address.
  const second = await open({
    POSTERN_PORTAL_PORT: portOf(first.portalUrl),
    POSTERN_PUBLIC_PORT: portOf(first.publicUrl),
  })
  portals = [first, second]
  const alternating = ((request) =>
    (portals[asked++ % 2] as LocalPostern).inject(request as never)) as FastifyInstance['inject']
  balanced = { ...first, fetch: createInjectFetch({ [first.portalUrl]: { inject: alternating } }) }
  provider = await openTestProvider()
  admin = await signInFirst(balanced, 'admin@acme.example')
}, 120_000)
afterAll(async () => {
  await provider?.close()
  for (const portal of (portals ?? []).toReversed()) await portal.stop()
})
beforeEach(beginAtFirst)

const newUser = async (email: string) => addUser(balanced, email, 'admin', 'acme')
const getSession = (client: ApiClient) => client.send(operations.getSession)

test('a session is good at both, and ends at both at once, with the live pages at the other one', async () => {
  const user = await newUser('both@acme.example')
  const other = await signIn(balanced, user.email)
  const statuses: number[] = []
  for (let n = 0; n < 4; n += 1) statuses.push((await getSession(other)).status)
  expect(statuses).toEqual([200, 200, 200, 200])
  const url = toUrl(balanced.portalUrl, operations.streamOrganizationChanges, { params: place })
  beginAtFirst()
  const stream = await balanced.fetch(url, { headers: { cookie: other.cookie() } })
  const reader = stream.body?.getReader()
  expect((await reader?.read())?.done).toBe(false)
  // At the second portal.
  await user.call(operations.endOtherSessions, {})
  expect([(await getSession(other)).status, (await getSession(other)).status]).toEqual([401, 401])
  const read = () => reader?.read().catch(() => ({ done: true }))
  let part = await read()
  while (part?.done === false) part = await read()
  expect(part?.done).toBe(true)
})

test('a step-up proof of one is taken by the other, once', async () => {
  const user = await newUser('proof@acme.example')
  user.password = undefined
  const body = { name: 'of both', role: 'viewer' as const }
  const refused = await user.send(operations.createApiKey, { params, body })
  const act = (refused.body as unknown as { stepUp: { operationId: string; pathParameters: object } }).stepUp
  beginAtFirst()
  const { token } = await user.call(operations.proveStepUp, {
    body: { ...act, proof: { method: 'password', password: testPassword } } as never,
  })
  const headers = { [stepUpHeader]: token }
  expect((await user.send(operations.createApiKey, { params, body, headers })).status).toBe(201)
  const again = await user.send(operations.createApiKey, { params, body, headers })
  expect(again.status).not.toBe(201)
})

test('an idempotency key is one request, whichever portal is asked', async () => {
  const user = await newUser('once@acme.example')
  const headers = { 'Idempotency-Key': '"2a1c-of-two-portals"' }
  const send = () => user.send(operations.createCertificate, { params: place, body: {}, headers })
  const [first, second] = [await send(), await send()]
  expect([first.status, second.status]).toEqual([201, 201])
  expect(second.body).toEqual(first.body)
})

test('a passkey answers at one the challenge of the other, once', async () => {
  const user = await newUser('passkey@acme.example')
  const { authenticator } = await addPasskey(balanced, user)
  const client = createApiClient(balanced)
  const options = await client.call(operations.beginPasskeySignIn, { body: {} })
  const body = { response: authenticator.get(options) }
  const headers = { cookie: client.cookie() }
  expect((await client.call(operations.signInWithPasskey, { body })).email).toBe(user.email)
  for (let n = 0; n < 2; n += 1)
    expect(
      (await createApiClient(balanced).send(operations.signInWithPasskey, { body, headers })).status,
    ).toBe(400)
})

test('single sign-on begins at one and ends at the other', async () => {
  const owner = await addOrganization(balanced, { slug: 'lodz', legalName: 'Łódź Płatności S.A.' })
  const { issuer, clientId, clientSecret } = provider
  const { settings } = await owner.call(operations.setSingleSignOn, {
    params: { organization: 'lodz' },
    body: { issuer, clientId, clientSecret, domains: ['lodz.test'], defaultRole: 'viewer' },
  })
  for (const { domain, recordName, recordValue } of settings?.domains ?? []) {
    records.set(recordName, [recordValue])
    await owner.call(operations.checkSingleSignOnDomain, { params: { organization: 'lodz', domain } })
  }
  const email = 'zoe@lodz.test'
  const client = createApiClient(balanced, email)
  beginAtFirst()
  const { authorizationUrl } = await client.call(operations.startSingleSignOn, { body: { email } })
  const response = provider.signIn(authorizationUrl, { sub: '1', email, email_verified: true, name: 'Zoë' })
  const { status } = await client.send(operations.completeSingleSignOn, {
    body: { organization: 'lodz', response },
  })
  expect(status).toBe(200)
  expect([(await getSession(client)).status, (await getSession(client)).status]).toEqual([200, 200])
})

test('a certificate is requested at one, and at the other waited for and downloaded', async () => {
  const { certificate } = await issueCertificate(admin, 'acme')
  const url = toUrl(balanced.portalUrl, operations.downloadCertificate, {
    params: { ...params, certificateId: certificate.id, form: 'fullchain' },
  })
  for (let n = 0; n < 2; n += 1) {
    const file = await balanced.fetch(url, { headers: { cookie: admin.cookie() } })
    expect([file.status, (await file.text()).includes('BEGIN CERTIFICATE')]).toEqual([200, true])
  }
})

test('wrong passwords count at both together, and a known device signs in at either', async () => {
  const { email, ...owner } = await newUser('guessed@acme.example')
  const guess = (n: number) =>
    createApiClient(balanced).send(operations.signIn, { body: { email, password: `guess ${n}` } })
  const statuses: number[] = []
  for (let n = 0; n < 12; n += 1) statuses.push((await guess(n)).status)
  // On a slow machine a pause of four seconds may end meanwhile, which lets one more through.
  expect(statuses.slice(0, 11)).toEqual([...Array(10).fill(401), 429])
  for (let n = 0; n < 2; n += 1) {
    const headers = { cookie: owner.cookie() }
    const known = await createApiClient(balanced).send(operations.signIn, {
      ...{ headers, body: { email, password: testPassword } },
    })
    expect(known.status).toBe(200)
  }
})
