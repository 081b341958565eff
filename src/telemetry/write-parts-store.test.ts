import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { activityRecord, emptyBatch, gatewayStatus, insertOwner } from '../../test/support/usage-batches.ts'
import type { ActivityRecord, CertificateUsage, UsageBatch } from '../contract/usage-batch.ts'
import { openUsageStore, type UsageStore } from './usage-store.ts'
import { openUsageWriter } from './usage-writer.ts'

const used = (certificateId: string, ok: number): CertificateUsage => ({
  ...{ certificateId, minute: 60_000, handshakes: 1, ok, redirects: 0, clientErrors: 0, serverErrors: 0 },
  ...{ refusals: 0, firstAcceptedAt: 1, lastAcceptedAt: 2, lastDeniedAt: null },
})
/** Returns a row that no store accepts: it lacks a required value. */
const bad = (id: string): ActivityRecord => activityRecord(id, { environment: null as never })

describeWithFreshStores('rows that the store refuses', (store) => {
  let writer: UsageStore
  let number = 0
  /** The time of the store's clock. */
  let storeNow = 2
  beforeEach(async () => {
    storeNow = 2
    writer = await openUsageStore(store.location, async () => storeNow)
    await insertOwner(store.database.queries, '1', ['cert_1', 'cert_2'])
  })
  afterEach(() => writer.close())

  const batch = (changes: Partial<UsageBatch>) => emptyBatch(++number, changes)
  const recorded = async (prefix: string) => {
    const rows = await store.database.queries
      .selectFrom('activity')
      .select('id')
      .where('id', 'like', `${prefix}%`)
      .orderBy('sequence')
      .execute()
    return rows.map(({ id }) => id)
  }
  const counted = async (certificateId: string) => {
    const row = await store.database.queries
      .selectFrom('usage')
      .select('ok')
      .where('certificate_id', '=', certificateId)
      .where('grain', '=', 'minute')
      .executeTakeFirst()
    return row?.ok ?? 0
  }
  const gateway = () =>
    store.database.queries.selectFrom('gateways').selectAll().where('id', '=', 'gw_1').executeTakeFirst()

  test('are left out and reported; the rest is written in order, once', async () => {
    const records = Array.from({ length: 60 }, (_, i) => activityRecord(`a${String(i).padStart(2, '0')}`))
    const [first, ...rest] = records as [ActivityRecord, ...ActivityRecord[]]
    const given = [first, bad('x1'), ...rest.slice(0, 30), bad('x2'), bad('x3'), ...rest.slice(30)]
    const sent = batch({ records: given, certificates: [used('cert_1', 5), used('cert_gone', 7)] })
    const rejected = await writer.write(sent)
    expect(rejected).toMatchObject([
      { part: 'records', count: 3 },
      { part: 'uses', count: 1 },
    ])
    expect(rejected.every(({ code }) => /^(23502|23503|SQLITE_\d+)$/.test(code))).toBe(true)
    expect(await writer.write(sent)).toEqual([])
    expect(await recorded('a')).toEqual(records.map(({ id }) => id))
    expect(await recorded('x')).toEqual([])
    expect([await counted('cert_1'), await counted('cert_gone')]).toEqual([5, 0])
    expect(await writer.write(batch({ records: [activityRecord('next')] }))).toEqual([])
    expect(await recorded('next')).toEqual(['next'])
  })

  test('delay neither the status of the gateway nor the confirmation of a revocation', async () => {
    storeNow = 77_000
    const standing = { ...gatewayStatus, seenAt: 77_000, confirmedVersion: 9, rejectedRows: 4 }
    const enforcements = [
      { certificateId: 'cert_gone', at: 5, connections: 0 },
      { certificateId: 'cert_2', at: 6, connections: 3 },
    ]
    const records = Array.from({ length: 200 }, (_, i) => bad(`y${i}`))
    await writer.write(batch({ gateway: standing, enforcements, records }))
    expect(await gateway()).toMatchObject({ seen_at: 77_000, confirmed_version: 9, rejected_rows: 4 })
    const told = await store.database.queries.selectFrom('enforcements').selectAll().execute()
    expect(told).toMatchObject([{ certificate_id: 'cert_2', at: 6, connections: 3 }])
  })

  test('are searched for a bounded number of times', async () => {
    const records = Array.from({ length: 3000 }, (_, i) => bad(`z${i}`))
    const rejected = await writer.write(batch({ records, certificates: [used('cert_2', 1)] }))
    expect(rejected.reduce((sum, { count }) => sum + count, 0)).toBe(3000)
    expect(await counted('cert_2')).toBe(1)
  })

  test('are not assumed if the store lacks a table: the status is written, and the batch later', async () => {
    storeNow = 88_000
    const sent = batch({
      gateway: { ...gatewayStatus, seenAt: 88_000 },
      records: [activityRecord('later')],
      refusals: [
        {
          ...{ environment: 'production', organizationId: 'org_1', code: 'token_missing', hour: 0 },
          ...{ count: 1, unproven: 0, lastAt: 1 },
        },
      ],
    })
    await sql`alter table refusal_hours rename to refusal_away`.execute(store.database.queries)
    await expect(writer.write(sent)).rejects.toThrow()
    expect(await recorded('later')).toEqual([])
    expect((await gateway())?.seen_at).toBe(88_000)
    await sql`alter table refusal_away rename to refusal_hours`.execute(store.database.queries)
    expect(await writer.write(sent)).toEqual([])
    expect(await recorded('later')).toEqual(['later'])
  })

  test('are cleaned if their texts are merely unclean, in JSON columns too', async () => {
    const unclean = `a\0b\ud800\u202e${'c'.repeat(5000)}`
    const presented = { subject: unclean, issuer: '\0', serialNumber: '\0', fingerprintSha256: 'ff' }
    const record = activityRecord('clean', { presented, path: unclean, clientId: unclean, serverName: '\0' })
    const facet = {
      certificateId: 'cert_1',
      day: 0,
      kind: 'address',
      value: '\0',
      count: 1,
      lastAt: 1,
    } as const
    expect(await writer.write(batch({ records: [record], facets: [facet] }))).toEqual([])
    const row = await store.database.queries
      .selectFrom('activity')
      .selectAll()
      .where('id', '=', 'clean')
      .executeTakeFirstOrThrow()
    expect([row.path?.length, row.client_id?.length, row.server_name]).toEqual([500, 100, '\ufffd'])
    expect(JSON.parse(row.presented ?? '').subject.slice(0, 6)).toBe('a\ufffdb\ufffd\ufffdc')
    expect(row.presented).not.toMatch(/\\u0000|\\ud800/i)
  })

  test.each([5, 15, 30, 60, 120])(
    'are counted once if the writer is killed in between, after %i ms',
    async (milliseconds) => {
      const id = `gw_cut_${milliseconds}`
      const records = Array.from({ length: 400 }, (_, i) =>
        i % 7 === 3
          ? bad(`c${milliseconds}x${i}`)
          : activityRecord(`c${milliseconds}-${i}`, { certificateId: null }),
      )
      const before = await counted('cert_1')
      const sent = emptyBatch(1, {
        ...{ gateway: { ...gatewayStatus, id }, records, certificates: [used('cert_1', 10)] },
      })
      const ended = openUsageWriter(store.location)
      const cut = ended.write(sent).catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, milliseconds))
      await ended.close()
      void cut
      const again = openUsageWriter(store.location)
      await again.write(sent)
      await again.close()
      expect(await counted('cert_1')).toBe(before + 10)
      const seen = await recorded(`c${milliseconds}-`)
      expect(new Set(seen).size).toBe(seen.length)
      expect(seen).toHaveLength(200)
    },
  )
})
