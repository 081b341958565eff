import { beforeEach, expect, test } from 'vitest'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { activityRecord, emptyBatch, gatewayStatus } from '../../test/support/usage-batches.ts'
import type { DenialCode } from '../contract/denial-codes.ts'
import type { DenialCount } from '../contract/usage-batch.ts'
import { createDenialStore, type DenialStore } from './denial-store.ts'
import { openUsageStore } from './usage-store.ts'

const hour = 3_600_000
const now = 1000 * hour

const counted = (
  organizationId: string | null,
  code: DenialCode,
  count: number,
  { at = now, environment = 'production', unproven = 0 } = {},
): DenialCount => ({
  ...{ organizationId, code, count, unproven, environment },
  ...{ hour: at - (at % hour), lastAt: at },
})

const seen = (id: string, organizationId: string | null, code: DenialCode, environment = 'production') =>
  activityRecord(id, {
    ...{ at: now, outcome: 'refused', code, explanation: 'why', environment, organizationId },
    ...{ certificateId: null, proven: organizationId !== null, status: 403, presented: null },
  })

describeWithFreshStores('refusals of all', (store) => {
  let denials: DenialStore

  beforeEach(async () => {
    for (const slug of ['acme', 'globex'])
      await store.database.queries
        .insertInto('organizations')
        .values({ id: `org_${slug}`, slug, legal_name: slug, country: 'GB', state: '', created_at: 1 })
        .execute()
    const writer = await openUsageStore(store.location)
    const first = emptyBatch(1, {
      records: [
        seen('a', 'org_acme', 'certificate_expired'),
        seen('b', 'org_globex', 'token_expired'),
        seen('c', null, 'certificate_missing'),
        seen('d', null, 'certificate_missing', 'staging'),
        { ...seen('e', 'org_acme', 'token_missing'), outcome: 'ok', code: null },
      ],
      refusals: [
        counted('org_acme', 'certificate_expired', 3),
        counted('org_globex', 'certificate_expired', 4, { unproven: 2 }),
        counted(null, 'certificate_missing', 100),
        counted(null, 'certificate_missing', 50, { environment: 'staging' }),
        counted('org_acme', 'certificate_expired', 1000, { at: now - 48 * hour }),
      ],
    })
    await writer.write(first)
    // The same batch again, as after a lost answer; and one more from another process.
    await writer.write(first)
    const more = [counted('org_acme', 'certificate_expired', 5, { at: now - 10 })]
    await writer.write(emptyBatch(1, { gateway: { ...gatewayStatus, id: 'gw_2' }, refusals: more }))
    await writer.close()
    denials = createDenialStore(store.database)
  })

  test('are counted exactly by cause, attributed or not, by organization and environment', async () => {
    const at = (moment: number) => new Date(moment).toISOString()
    expect(await denials.count({ from: now - 24 * hour }, {})).toEqual([
      { code: 'certificate_missing', count: 150, unprovenCount: 0, lastAt: at(now), organizationCount: 0 },
      { code: 'certificate_expired', count: 12, unprovenCount: 2, lastAt: at(now), organizationCount: 2 },
    ])
    expect(await denials.count({ from: now - 24 * hour }, { environment: 'staging' })).toEqual([
      { code: 'certificate_missing', count: 50, unprovenCount: 0, lastAt: at(now), organizationCount: 0 },
    ])
    expect(await denials.count({ from: now - 24 * hour }, { organization: 'acme' })).toEqual([
      { code: 'certificate_expired', count: 8, unprovenCount: 0, lastAt: at(now), organizationCount: 1 },
    ])
    expect(await denials.count({ from: now - 24 * hour }, { organization: 'nobody' })).toEqual([])
    const [longer] = await denials.count({ from: now - 72 * hour }, { organization: 'acme' })
    expect(longer?.count).toBe(1008)
    const earlier = { from: now - 72 * hour, to: now - 24 * hour }
    expect((await denials.count(earlier, { organization: 'acme' })).map(({ count }) => count)).toEqual([1000])
    // An hour counts as a whole: the one that begins at `to` is not counted, the one of `from` is.
    expect(await denials.count({ from: now + hour }, {})).toEqual([])
    expect((await denials.count({ from: now + 1, to: now + 2 }, { organization: 'acme' }))[0]?.count).toBe(3)
    expect((await denials.count({ to: now }, { organization: 'acme' }))[0]?.count).toBe(1005)
  })

  test('are listed with their organizations, newest first, page by page', async () => {
    const list = async (filter = {}, limit = 50) => {
      const ids: string[] = []
      let cursor: string | undefined
      do {
        const page = await denials.list(filter, { cursor, limit })
        ids.push(...page.items.map(({ id }) => id))
        cursor = page.nextCursor ?? undefined
      } while (cursor !== undefined)
      return ids.join('')
    }
    expect(await list()).toBe('dcba')
    expect(await list({}, 1)).toBe('dcba')
    expect(await list({ environment: 'production' })).toBe('cba')
    expect(await list({ organization: 'globex' })).toBe('b')
    expect(await list({ code: 'certificate_missing' })).toBe('dc')
    expect(await list({ code: 'certificate_missing', organization: 'acme' })).toBe('')
    expect(await list({ organizationId: 'org_acme', environment: 'production' })).toBe('a')
    expect(await list({ organizationId: 'org_acme', environment: 'staging' })).toBe('')
    expect(await list({ from: now, to: now + 1 })).toBe('dcba')
    expect(await list({ from: now + 1 })).toBe('')
    expect(await list({ organizationId: 'org_acme', to: now })).toBe('')
    const { items } = await denials.list({}, { limit: 4 })
    expect(items.map(({ organization }) => organization?.slug ?? null)).toEqual([
      null,
      null,
      'globex',
      'acme',
    ])
  })

  test('are deleted after their retention period', async () => {
    await denials.forgetOld(now - 24 * hour)
    const [left] = await denials.count({}, { organization: 'acme' })
    expect(left?.count).toBe(8)
  })
})
