import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseCertificate } from '../../src/pki/certificate/certificate.ts'
import { recordChange } from '../../src/storage/change-log.ts'
import { clientExtensions } from '../support/external-authority.ts'
import { createGatewayClient } from '../support/gateway-client.ts'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'
import { insertExternalCertificate } from '../support/insert-external-certificate.ts'
import { createTestChecker } from '../support/status-checker.ts'
import { openStatusServer, type StatusServer, toDer } from '../support/status-server.ts'

const minute = 60_000
const terms = { mode: 'hard' as const, softHours: 1, issuers: [] }
const softIssuer = 'CN=soft,O=Trust Works'
let harness: GatewayHarness
let server: StatusServer

beforeAll(async () => {
  server = await openStatusServer()
  harness = await openGatewayHarness({
    environments: {
      production: {
        externalCertificates: 'trusted-issuers',
        externalStatus: { ...terms, issuers: [{ issuer: softIssuer, mode: 'soft', softHours: 168 }] },
      },
    },
  })
})
afterAll(async () => {
  await harness[Symbol.asyncDispose]()
  server.close()
})

const hour = 60 * minute

/** Registers a certificate of a trusted CA that names the CRL of the server. */
async function register(name: string, by = 'root') {
  const extensions = `${clientExtensions}\ncrlDistributionPoints=URI:${server.url}/root.crl`
  const { pem, folder, keyFile } = server.ca.makeClient(name, { by, extensions })
  const [der, rootDer] = [toDer(pem), toDer(server.ca.read(`${by}.pem`))]
  const { notBefore, notAfter } = parseCertificate(rootDer)
  const issuerId = `iss_${randomUUID()}`
  const id = await harness.database.transaction(async (tx) => {
    await tx
      .insertInto('issuers')
      .values({
        ...{ id: issuerId, kind: 'foreign', environment: 'production', parent_id: null, created_at: 1 },
        ...{ certificate_der: rootDer, not_before: notBefore, not_after: notAfter },
      })
      .execute()
    await recordChange(tx, 'issuer', issuerId, Date.now())
    const organizationId = harness.organizations.acme?.id ?? ''
    const given = { organizationId, name, number: 9001 + name.length, der, issuerId }
    const inserted = await insertExternalCertificate(tx, given)
    await recordChange(tx, 'certificate', inserted, Date.now())
    return inserted
  })
  const client = { cert: pem, key: readFileSync(join(folder, keyFile), 'utf8') }
  return { id, client, serialNumber: parseCertificate(der).serialNumber }
}

test('what its CA says of a certificate decides its calls, on open connections too', async () => {
  const { client, serialNumber } = await register('revoked-there')
  const place = { gateways: { production: harness.url() }, serverCaFile: harness.caFile }
  const kept = createGatewayClient(place, client, { environment: 'production', keepAlive: true })
  const ask = async () => {
    await harness.untilFollowed()
    const caller = createGatewayClient(place, client, { environment: 'production' })
    const { status, code, text } = await caller.get('/whoami')
    caller.close()
    return { status, code, text }
  }
  expect(await ask()).toMatchObject({ status: 403, code: 'external_status_unavailable' })

  const now = Math.floor(Date.now() / 1000) * 1000
  const publish = (revoked: Parameters<typeof server.ca.makeList>[1], from: number) =>
    server.serve('/root.crl', server.ca.makeList('root', revoked, { from, until: now + 60 * minute }))
  publish([], now - 2 * minute)
  let later = 0
  const checker = createTestChecker(harness.database, { now: () => Date.now() + later, terms })
  const look = async () => {
    await checker.begin()
    await checker.settle()
    expect(checker.failures).toEqual([])
  }
  await look()
  expect(await ask()).toMatchObject({ status: 200 })
  expect((await kept.get('/whoami')).status).toBe(200)

  harness.shiftClock(61 * minute)
  expect(await ask()).toMatchObject({ status: 403, code: 'external_status_unavailable' })
  harness.shiftClock(0)
  expect(await ask()).toMatchObject({ status: 200 })

  publish([{ serialNumber, revoked: '260101000000Z,keyCompromise' }], now - minute)
  later = 31 * minute
  await look()
  const denied = await ask()
  expect(denied).toMatchObject({ status: 403, code: 'certificate_revoked' })
  expect(denied.text).toContain('CN=root,O=Trust Works')
  // The gateway may close the connection before it is asked.
  expect([403, 0]).toContain((await kept.get('/whoami')).status)
  kept.close()
})

test('a certificate of which nobody has read what to ask is accepted for a week, and not for ever', async () => {
  server.ca.makeAuthority('soft')
  const { id, client } = await register('not-read-yet', 'soft')
  const place = { gateways: { production: harness.url() }, serverCaFile: harness.caFile }
  const ask = async (laterMs: number) => {
    harness.shiftClock(laterMs)
    await harness.untilFollowed()
    const caller = createGatewayClient(place, client, { environment: 'production' })
    const { status, code, text } = await caller.get('/whoami')
    caller.close()
    harness.shiftClock(0)
    return { status, code, text }
  }
  expect(await ask(0)).toMatchObject({ status: 200 })
  expect(await ask(167 * hour)).toMatchObject({ status: 200 })
  const denied = await ask(169 * hour)
  expect(denied).toMatchObject({ status: 403, code: 'external_status_unavailable' })
  expect(denied.text).toContain('has not confirmed for too long that it is not revoked')

  // As soon as it is read, the end of the answer counts.
  const now = Math.floor(Date.now() / 1000) * 1000
  server.serve('/root.crl', server.ca.makeList('soft', [], { from: now - minute, until: now + 9 * hour }))
  const soft = { ...terms, mode: 'soft' as const, softHours: 168 }
  const checker = createTestChecker(harness.database, { now: () => Date.now(), terms: soft })
  await checker.begin()
  await checker.settle()
  expect(checker.failures).toEqual([])
  const { described_at: since } = await harness.database.queries
    .selectFrom('external_statuses')
    .select('described_at')
    .where('certificate_id', '=', id)
    .executeTakeFirstOrThrow()
  expect(Math.abs(since - now)).toBeLessThan(minute)
  expect(await ask(176 * hour)).toMatchObject({ status: 200 })
  expect(await ask(178 * hour)).toMatchObject({ status: 403, code: 'external_status_unavailable' })
})
