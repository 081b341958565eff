import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordChange } from '../../src/storage/change-log.ts'
import { askEndpoint, basicOf } from '../support/ask-endpoint.ts'
import {
  type GatewayWorld,
  openGatewayWorld,
  type TestClient,
  type TestCredential,
} from '../support/gateway-world.ts'

const day = 86_400_000
let world: GatewayWorld
/** A resource server of the same organization, whose own certificate and credentials stay in order. */
let server: { client: TestClient; credential: TestCredential }

beforeAll(async () => {
  world = await openGatewayWorld()
  server = { client: await world.issue(), credential: await world.createCredential() }
})
afterAll(() => world[Symbol.asyncDispose]())

const pause = () => new Promise((resolve) => setTimeout(resolve, 200))

/** A client with a token of its own. */
async function openClient(times: { notAfter?: number } = {}) {
  const client = await world.issue(times)
  const credential = await world.createCredential()
  const { body } = await askEndpoint(world, {
    as: client,
    headers: basicOf(credential),
    body: 'grant_type=client_credentials',
  })
  const token: string = body.access_token
  const introspect = async () => {
    const { client: as, credential: own } = server
    const asked = { as, path: '/introspect', headers: basicOf(own), body: `token=${token}` }
    return (await askEndpoint(world, asked)).body
  }
  expect(await introspect()).toMatchObject({ active: true, client_id: credential.clientId })
  return { client, credential, introspect }
}

test('a token is not active any more once its certificate is revoked', async () => {
  const { client, introspect } = await openClient()
  await world.revoke(client.id)
  await pause()
  expect(await introspect()).toEqual({ active: false })
})

test('a token is not active any more once its certificate has expired', async () => {
  const { introspect } = await openClient({ notAfter: Date.now() + 120_000 })
  world.shiftClock(180_000)
  try {
    expect(await introspect()).toEqual({ active: false })
  } finally {
    world.shiftClock(0)
  }
})

test('a token is not active any more once the issuer of its certificate is retired', async () => {
  const { client, introspect } = await openClient()
  const { queries } = world.database
  const issuer = await queries
    .selectFrom('issuers')
    .selectAll()
    .where('environment', '=', 'production')
    .executeTakeFirstOrThrow()
  // The resource server has a certificate of the issuer that stays.
  const retired = { ...issuer, id: 'iss_retired', retires_at: Date.now() - day }
  await queries.insertInto('issuers').values(retired).execute()
  await world.database.transaction(async (tx) => {
    const moved = tx.updateTable('certificates').set({ issuer_id: retired.id })
    await moved.where('id', '=', client.id).execute()
    await recordChange(tx, 'issuer', retired.id, Date.now())
    await recordChange(tx, 'certificate', client.id, Date.now())
  })
  await pause()
  expect(await introspect()).toEqual({ active: false })
})

test('a token is not active while its credentials are limited away from its certificate', async () => {
  const { client, credential, introspect } = await openClient()
  const other = await world.issue()
  await world.limitCredential(credential.id, { certificateIds: [other.id] })
  expect(await introspect()).toEqual({ active: false })
  await world.limitCredential(credential.id, { certificateIds: [] })
  expect(await introspect()).toEqual({ active: false })
  await world.limitCredential(credential.id, { certificateIds: [other.id, client.id] })
  expect(await introspect()).toMatchObject({ active: true })
})

test('a token has in its scope what its credentials may do now, and ends with them', async () => {
  const { credential, introspect } = await openClient()
  await world.limitCredential(credential.id, { scopes: ['payments:read'] })
  expect(await introspect()).toMatchObject({ active: true, scope: 'payments:read' })
  await world.limitCredential(credential.id, { scopes: [] })
  const emptied = await introspect()
  expect(emptied).toMatchObject({ active: true })
  expect(emptied).not.toHaveProperty('scope')
  await world.deleteCredential(credential.id)
  await pause()
  expect(await introspect()).toEqual({ active: false })
})

test('a token whose certificate left the register is not active', async () => {
  const { client, introspect } = await openClient()
  await world.database.transaction(async (tx) => {
    await tx.updateTable('certificates').set({ environment: 'staging' }).where('id', '=', client.id).execute()
    await recordChange(tx, 'certificate', client.id, Date.now())
  })
  await pause()
  expect(await introspect()).toEqual({ active: false })
})

test('networks are about the address of the caller, which a resource server has to judge itself', async () => {
  const { credential, introspect } = await openClient()
  await world.limitCredential(credential.id, { networks: ['203.0.113.0/24'] })
  expect(await introspect()).toMatchObject({ active: true })
})
