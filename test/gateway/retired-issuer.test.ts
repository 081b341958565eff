import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordChange } from '../../src/storage/change-log.ts'
import { createGatewayClient } from '../support/gateway-client.ts'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'

const day = 86_400_000
let harness: GatewayHarness
let client: TestClient

beforeAll(async () => {
  harness = await openGatewayHarness()
  client = await harness.issue()
})
afterAll(() => harness[Symbol.asyncDispose]())

/** Sets the retirement date as the portal does for an operator. */
async function retireAt(moment: number | null): Promise<void> {
  await harness.database.transaction(async (tx) => {
    await tx
      .updateTable('issuers')
      .set({ retires_at: moment })
      .where('environment', '=', 'production')
      .execute()
    await recordChange(tx, 'issuer', 'any', Date.now())
  })
  await harness.untilFollowed()
}

const call = async (who = client, environment = 'production') => {
  const gateways = { production: harness.url(), staging: harness.url('staging') }
  const caller = createGatewayClient({ gateways, serverCaFile: harness.caFile }, who, { environment })
  const { status, code, text } = await caller.get('/whoami')
  caller.close()
  return { status, code, text }
}

/**
 * Opens a connection; returns a function that tells whether the gateway closes it well before the request
 * time-out.
 */
async function openConnection({ cert, key }: TestClient): Promise<() => Promise<boolean>> {
  const open = connect({ port: harness.port(), host: 'localhost', ca: harness.ca, cert, key })
  await once(open, 'secureConnect')
  const closed = once(open, 'close').then(() => true)
  open.on('error', () => {})
  open.resume()
  return () => Promise.race([closed, wait(4000, false)])
}

/** Waits until the gateway has seen the certificates of its open connections. */
const untilSwept = () => wait(1500)

test('the gateway denies the certificates of an issuer from its retirement date and closes open connections', async () => {
  await retireAt(Date.now() + day)
  expect((await call()).status).toBe(200)
  const isClosed = await openConnection(client)
  await untilSwept()

  harness.shiftClock(day + 1000)
  const refused = await call()
  expect({ status: refused.status, code: refused.code }).toEqual({
    status: 403,
    code: 'certificate_issuer_retired',
  })
  expect(refused.text).toContain(client.name)
  expect(await isClosed()).toBe(true)
  const [row] = await harness.untilActivity(({ code }) => code === 'certificate_issuer_retired')
  expect(row).toMatchObject({ certificate_id: client.id, organization_id: harness.organizations.acme?.id })

  const staging = await harness.issue({ environment: 'staging' })
  expect((await call(staging, 'staging')).status).toBe(200)
})

test('the gateway accepts the certificates again after the retirement date is removed', async () => {
  await retireAt(null)
  expect((await call()).status).toBe(200)
})

test('a connection ends at the registered expiry even if its certificate names a later one', async () => {
  const other = await harness.issue({ notAfter: Date.now() + 400 * day })
  const isClosed = await openConnection(other)
  await untilSwept()
  await harness.database.transaction(async (tx) => {
    // As for a certificate below an external CA that expires first.
    await tx.updateTable('certificates').set({ not_after: 1 }).where('id', '=', other.id).execute()
    await recordChange(tx, 'certificate', other.id, Date.now())
  })
  expect(await isClosed()).toBe(true)
})
