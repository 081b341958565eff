import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import {
  emptyBatch,
  gatewayStatus as gateway,
  insertOwner,
  activityRecord as record,
} from '../../test/support/usage-batches.ts'
import type { ActivityRecord, UsageBatch } from '../contract/usage-batch.ts'
import { openDatabase } from '../storage/database.ts'
import { migrate } from '../storage/migrate.ts'
import { createActivityStore } from './activity-store.ts'
import { gatewayStateAt } from './describe-reach.ts'
import { createGatewayStore } from './gateway-store.ts'
import { openUsageStore, type UsageStore } from './usage-store.ts'
import { openUsageWriter } from './usage-writer.ts'

let batches = 0
/** Returns the next batch of its gateway. */
const batch = (records: ActivityRecord[], changes: Partial<UsageBatch> = {}): UsageBatch =>
  emptyBatch(++batches, { records, ...changes })
const usage = {
  certificateId: 'cert_1',
  minute: 7_260_000,
  handshakes: 3,
  ok: 2,
  redirects: 0,
  clientErrors: 1,
  serverErrors: 0,
  refusals: 1,
  firstAcceptedAt: 500,
  lastAcceptedAt: 1000,
  lastDeniedAt: 800,
}
/** The time of the store's clock. */
let storeNow = 2
const facet = {
  certificateId: 'cert_1',
  day: 0,
  kind: 'address',
  value: '192.0.2.1',
  count: 3,
  lastAt: 1000,
} as const

describeWithFreshStores('what gateways write', (store) => {
  let writer: UsageStore
  beforeEach(async () => {
    // The store's clock shows the gateway's time unless a test changes it.
    writer = await openUsageStore(store.location, async () => storeNow)
    await insertOwner(store.database.queries, '1', ['cert_1'])
  })
  afterEach(() => writer.close())

  const activity = () => createActivityStore(store.database)
  const readUsage = () =>
    store.database.queries.selectFrom('usage').selectAll().orderBy('grain').orderBy('start').execute()
  const certificate = () =>
    store.database.queries
      .selectFrom('certificates')
      .select(['first_used_at', 'last_used_at', 'last_denied_at'])
      .where('id', '=', 'cert_1')
      .executeTakeFirst()

  test('is counted once per batch, however often the batch is sent', async () => {
    const sent = batch([record('a'), record('b')], { certificates: [usage], facets: [facet] })
    await writer.write(sent)
    await writer.write(sent)
    const counts = { handshakes: 3, ok: 2, redirects: 0, client_errors: 1, server_errors: 0, refusals: 1 }
    expect(await readUsage()).toEqual([
      { certificate_id: 'cert_1', grain: 'day', start: 0, ...counts },
      { certificate_id: 'cert_1', grain: 'hour', start: 7_200_000, ...counts },
      { certificate_id: 'cert_1', grain: 'minute', start: 7_260_000, ...counts },
    ])
    const facets = await store.database.queries.selectFrom('usage_facets').selectAll().execute()
    expect(facets).toMatchObject([{ kind: 'address', value: '192.0.2.1', count: 3, last_at: 1000 }])
    expect(await certificate()).toEqual({ first_used_at: 500, last_used_at: 1000, last_denied_at: 800 })
  })

  test('is summed, keeps the first use, and never moves the last use and the last denial back', async () => {
    const later = { ...usage, firstAcceptedAt: 700, lastAcceptedAt: 900, lastDeniedAt: 700 }
    const next = { ...later, minute: later.minute + 60_000 }
    await writer.write(batch([record('a'), record('b')], { certificates: [usage], facets: [facet] }))
    await writer.write(
      batch([record('c')], { certificates: [later, next], facets: [{ ...facet, lastAt: 2000 }] }),
    )
    expect(await certificate()).toEqual({ first_used_at: 500, last_used_at: 1000, last_denied_at: 800 })
    expect((await readUsage()).map(({ grain, ok, refusals: denials }) => [grain, ok, denials])).toEqual([
      ['day', 6, 3],
      ['hour', 6, 3],
      ['minute', 4, 2],
      ['minute', 2, 1],
    ])
    const facets = await store.database.queries.selectFrom('usage_facets').selectAll().execute()
    expect(facets).toMatchObject([{ count: 6, last_at: 2000 }])
  })

  test('is read by certificate and by organization, page by page, the newest first', async () => {
    const denial = { outcome: 'refused', code: 'token_missing', explanation: 'why', status: 401 } as const
    await writer.write(batch([record('a'), record('b')]))
    await writer.write(batch([record('c')]))
    await writer.write(batch([record('d', denial), record('e', { certificateId: null })]))
    const first = await activity().listByCertificate('org_1', 'cert_1', { limit: 2 })
    expect(first.items.map(({ id }) => id)).toEqual(['d', 'c'])
    expect(first.items[0]).toMatchObject({
      ...{
        at: '1970-01-01T00:00:01.000Z',
        code: 'token_missing',
        certificate: { id: 'cert_1', name: '1-1' },
      },
      presentedCertificate: { subject: 'CN=a', serialNumber: '01' },
    })
    const rest = { limit: 10, cursor: first.nextCursor ?? '' }
    const second = await activity().listByCertificate('org_1', 'cert_1', rest)
    expect(second).toMatchObject({ items: [{ id: 'b' }, { id: 'a' }], nextCursor: null })
    const all = await activity().listByOrganization('org_1', { limit: 10 })
    expect(all.items.map(({ id }) => id)).toEqual(['e', 'd', 'c', 'b', 'a'])
    const refused = await activity().listByOrganization('org_1', {
      environment: 'production',
      limit: 10,
      outcome: 'denied',
    })
    expect(refused.items.map(({ id }) => id)).toEqual(['d'])
  })

  test('is not shown to other organizations or in other environments', async () => {
    const page = { limit: 10 }
    await writer.write(batch([record('a')]))
    expect((await activity().listByCertificate('org_1', 'cert_1', page)).items).toHaveLength(1)
    expect((await activity().listByCertificate('org_2', 'cert_1', page)).items).toEqual([])
    expect((await activity().listByOrganization('org_2', page)).items).toEqual([])
    expect((await activity().listByOrganization('org_1', { ...page, environment: 'staging' })).items).toEqual(
      [],
    )
  })

  test('is followed by sequence, and no row of two concurrent writers is skipped', async () => {
    const threads = [openUsageWriter(store.location), openUsageWriter(store.location)]
    const from = await activity().latestSequence()
    const seen: string[] = []
    let position = from
    const follow = async () => {
      for (const row of await activity().readAfter(position)) {
        position = row.sequence
        seen.push(row.activity.id)
      }
    }
    // A gateway sends its next batch when the previous one is written.
    const writes = threads.map(async (thread, which) => {
      for (let i = which; i < 20; i += 2)
        await thread.write(batch([record(`w${i}`)], { gateway: { ...gateway, id: `gw_${7 + which}` } }))
    })
    let done = false
    void Promise.all(writes).then(() => {
      done = true
    })
    while (!done) {
      await follow()
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    await follow()
    expect(seen.sort()).toEqual(Array.from({ length: 20 }, (_, i) => `w${i}`).sort())
    await Promise.all(threads.map((thread) => thread.close()))
  })

  test('is limited to the latest 200 rows of a certificate', async () => {
    await writer.write(batch(Array.from({ length: 250 }, (_, i) => record(`many ${i}`))))
    const { items } = await activity().listByCertificate('org_1', 'cert_1', { limit: 500 })
    expect(items).toHaveLength(200)
    expect(items[0]?.id).toBe('many 249')
  })

  test('includes the running gateways and the changes that they have applied', async () => {
    const now = { seenAt: 90_000, confirmedVersion: 8, connections: 5, handshakes: 6, answers: 7 }
    storeNow = 90_000
    await writer.write(batch([], { gateway: { ...gateway, ...now } }))
    const gateways = createGatewayStore(store.database)
    const told = { ...gateway, ...now, stoppedAt: null, clockOffsetMilliseconds: 0 }
    expect(await gateways.list(0)).toEqual([told])
    expect(await gateways.list(90_000)).toEqual([])
    storeNow = 95_000
    await writer.stopGateway({ id: 'gw_1' })
    storeNow = 2
    expect(await gateways.list(0)).toEqual([{ ...told, stoppedAt: 95_000 }])
  })

  test('keeps a gateway’s first confirmation of a revocation, and drops gateways without any', async () => {
    const enforcements = [{ certificateId: 'cert_1', at: 70, connections: 2 }]
    await writer.write(batch([], { enforcements }))
    await writer.write(batch([], { enforcements: [{ certificateId: 'cert_1', at: 99, connections: 0 }] }))
    await writer.write(batch([], { gateway: { ...gateway, id: 'gw_2' } }))
    const gateways = createGatewayStore(store.database)
    const list = async () =>
      (await gateways.listReached('cert_1', 0)).map(({ id, enforcedAt, closed }) => [id, enforcedAt, closed])
    expect(await list()).toEqual([
      ['gw_1', 70, 2],
      ['gw_2', null, 0],
    ])
    await gateways.forgetGone(40 * 86_400_000)
    expect(await list()).toEqual([['gw_1', 70, 2]])
  })

  test('has the times of a gateway with a wrong clock converted to the clock of the store', async () => {
    const hours = 3 * 3_600_000
    storeNow = 1_000_000
    const ahead = { ...gateway, id: 'gw_ahead', startedAt: 900_000 + hours, seenAt: 1_000_000 + hours }
    const behind = { ...gateway, id: 'gw_behind', startedAt: 900_000 - hours, seenAt: 1_000_000 - hours }
    const enforcements = [{ certificateId: 'cert_1', at: 990_000 + hours, connections: 0 }]
    await writer.write(batch([], { gateway: ahead, enforcements }))
    await writer.write(batch([], { gateway: behind }))
    storeNow = 2
    const all = await createGatewayStore(store.database).listReached('cert_1', 999_000)
    const told = { startedAt: 900_000, seenAt: 1_000_000 }
    expect(all).toMatchObject([
      { ...told, id: 'gw_ahead', clockOffsetMilliseconds: hours, enforcedAt: 990_000 },
      { ...told, id: 'gw_behind', clockOffsetMilliseconds: -hours, enforcedAt: null },
    ])
    // A killed gateway stops reporting in time, whatever its clock was.
    expect(all.map((one) => gatewayStateAt(one, 1_020_000))).toEqual(['not_reporting', 'not_reporting'])
  })

  test('uses an assertion once across all threads, even concurrently', async () => {
    const threads = [openUsageWriter(store.location), openUsageWriter(store.location)]
    const use = { id: 'assertion', expiresAt: 5000 }
    const both = await Promise.all(threads.map((thread) => thread.spendAssertion(use)))
    expect(both.toSorted()).toEqual([false, true])
    expect(await threads[0]?.spendAssertion(use)).toBe(false)
    expect(await threads[1]?.spendAssertion({ ...use, id: 'another' })).toBe(true)
    for (const thread of threads) await thread.close()
    await expect(threads[0]?.spendAssertion(use)).rejects.toMatchObject({ code: 'storage_unavailable' })
  })

  test('revokes a token with a row in the change log, from a thread', async () => {
    const thread = openUsageWriter(store.location)
    const revocation = { tokenId: 'jti', environment: 'production', expiresAt: 5000, revokedAt: 1000 }
    await thread.revokeToken(revocation)
    await thread.revokeToken(revocation)
    await thread.close()
    const { queries } = store.database
    expect(await queries.selectFrom('revoked_tokens').select('id').execute()).toEqual([{ id: 'jti' }])
    const changes = await queries
      .selectFrom('changes')
      .select('subject_id')
      .where('kind', '=', 'token')
      .execute()
    expect(changes.at(-1)).toEqual({ subject_id: 'jti' })
    await expect(thread.revokeToken(revocation)).rejects.toMatchObject({ code: 'storage_unavailable' })
  })
})

test('a usage store fails with an error instead of waiting forever while the store is unavailable', async () => {
  const thread = openUsageWriter({ engine: 'postgres', url: 'postgres://nobody@127.0.0.1:1/none' })
  await expect(thread.write(batch([record('x')]))).rejects.toMatchObject({ code: 'storage_unavailable' })
  await thread.close()
})

test('a usage store that could not be opened before is opened again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-late-'))
  const location = { engine: 'sqlite', path: join(folder, 'data', 'postern.db') } as const
  const thread = openUsageWriter(location)
  await expect(thread.write(batch([]))).rejects.toMatchObject({ code: 'storage_unavailable' })
  mkdirSync(join(folder, 'data'))
  const database = await openDatabase(location)
  await migrate(database)
  expect(await thread.write(batch([]))).toEqual([])
  await thread.close()
  await database.close()
  rmSync(folder, { recursive: true, force: true })
})
