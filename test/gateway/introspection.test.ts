import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordChange } from '../../src/storage/change-log.ts'
import { askEndpoint, basicOf } from '../support/ask-endpoint.ts'
import {
  type GatewayHarness,
  openGatewayHarness,
  type TestClient,
  type TestCredential,
} from '../support/gateway-harness.ts'

const day = 86_400_000
let harness: GatewayHarness
/** A resource server of the same organization whose own certificate and credentials remain valid. */
let server: { client: TestClient; credential: TestCredential }

beforeAll(async () => {
  harness = await openGatewayHarness()
  server = { client: await harness.issue(), credential: await harness.createCredential() }
})
afterAll(() => harness[Symbol.asyncDispose]())

/** Opens a client with its own token. */
async function openClient(times: { notAfter?: number } = {}) {
  const client = await harness.issue(times)
  const credential = await harness.createCredential()
  const { body } = await askEndpoint(harness, {
    as: client,
    headers: basicOf(credential),
    body: 'grant_type=client_credentials',
  })
  const token: string = body.access_token
  const introspect = async () => {
    const { client: as, credential: own } = server
    const asked = { as, path: '/introspect', headers: basicOf(own), body: `token=${token}` }
    return (await askEndpoint(harness, asked)).body
  }
  expect(await introspect()).toMatchObject({ active: true, client_id: credential.clientId })
  return { client, credential, introspect }
}

test('introspection reports a token as inactive after its certificate is revoked', async () => {
  const { client, introspect } = await openClient()
  await harness.revoke(client.id)
  await harness.untilFollowed()
  expect(await introspect()).toEqual({ active: false })
})

test('introspection reports a token as inactive after its certificate expires', async () => {
  const { introspect } = await openClient({ notAfter: Date.now() + 120_000 })
  harness.shiftClock(180_000)
  try {
    expect(await introspect()).toEqual({ active: false })
  } finally {
    harness.shiftClock(0)
  }
})

test('introspection reports a token as inactive after the issuer of its certificate is retired', async () => {
  const { client, introspect } = await openClient()
  const { queries } = harness.database
  const issuer = await queries
    .selectFrom('issuers')
    .selectAll()
    .where('environment', '=', 'production')
    .executeTakeFirstOrThrow()
  // The certificate of the resource server comes from the CA that is not retired.
  const retired = { ...issuer, id: 'iss_retired', retires_at: Date.now() - day }
  await queries.insertInto('issuers').values(retired).execute()
  await harness.database.transaction(async (tx) => {
    const moved = tx.updateTable('certificates').set({ issuer_id: retired.id })
    await moved.where('id', '=', client.id).execute()
    await recordChange(tx, 'issuer', retired.id, Date.now())
    await recordChange(tx, 'certificate', client.id, Date.now())
  })
  await harness.untilFollowed()
  expect(await introspect()).toEqual({ active: false })
})

test('introspection reports a token as inactive while its credentials exclude its certificate', async () => {
  const { client, credential, introspect } = await openClient()
  const other = await harness.issue()
  await harness.limitCredential(credential.id, { certificateIds: [other.id] })
  expect(await introspect()).toEqual({ active: false })
  await harness.limitCredential(credential.id, { certificateIds: [] })
  expect(await introspect()).toEqual({ active: false })
  await harness.limitCredential(credential.id, { certificateIds: [other.id, client.id] })
  expect(await introspect()).toMatchObject({ active: true })
})

test('introspection reports the current scopes of the credentials, and inactive once they are deleted', async () => {
  const { credential, introspect } = await openClient()
  await harness.limitCredential(credential.id, { scopes: ['payments:read'] })
  expect(await introspect()).toMatchObject({ active: true, scope: 'payments:read' })
  await harness.limitCredential(credential.id, { scopes: [] })
  const emptied = await introspect()
  expect(emptied).toMatchObject({ active: true })
  expect(emptied).not.toHaveProperty('scope')
  await harness.deleteCredential(credential.id)
  await harness.untilFollowed()
  expect(await introspect()).toEqual({ active: false })
})

test('introspection reports a token as inactive if its certificate is not registered', async () => {
  const { client, introspect } = await openClient()
  await harness.database.transaction(async (tx) => {
    await tx.updateTable('certificates').set({ environment: 'staging' }).where('id', '=', client.id).execute()
    await recordChange(tx, 'certificate', client.id, Date.now())
  })
  await harness.untilFollowed()
  expect(await introspect()).toEqual({ active: false })
})

test("introspection ignores allowed networks, which concern the client's address and not the resource server's", async () => {
  const { credential, introspect } = await openClient()
  await harness.limitCredential(credential.id, { networks: ['203.0.113.0/24'] })
  expect(await introspect()).toMatchObject({ active: true })
})
