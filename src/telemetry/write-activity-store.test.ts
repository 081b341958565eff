import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { activityRecord, emptyBatch, insertOwner } from '../../test/support/usage-batches.ts'
import type { ActivityRecord } from '../contract/usage-batch.ts'
import { createActivityStore } from './activity-store.ts'
import { openUsageStore, type UsageStore } from './usage-store.ts'

const serialNumber = '7f3c9a55d2e14b0896aa'

describeOnBothEngines('stored events of claimed organizations', (store) => {
  let writer: UsageStore
  let number = 0
  beforeAll(async () => {
    writer = await openUsageStore(store.location)
    const { queries } = store.database
    await insertOwner(queries, 'acme', ['cert_1'])
    await insertOwner(queries, 'globex', ['cert_2'])
    await queries
      .insertInto('issuers')
      .values({
        ...{ id: 'iss_1', environment: 'production', kind: 'issuing', parent_id: null, created_at: 1 },
        ...{ certificate_der: new Uint8Array([1]), not_before: 1, not_after: 2 },
      })
      .execute()
    await queries
      .updateTable('certificates')
      .set({ serial_number: serialNumber, issuer_id: 'iss_1' })
      .where('id', '=', 'cert_1')
      .execute()
  })
  afterAll(() => writer.close())

  const write = (records: ActivityRecord[]) => writer.write(emptyBatch(++number, { records }))
  const refused = (id: string, changes: Partial<ActivityRecord>): ActivityRecord =>
    activityRecord(id, {
      ...{ outcome: 'refused', code: 'certificate_issuer_unknown', certificateId: null },
      ...{ organizationId: null, proven: false, ...changes },
    })
  const list = async (organizationId: string) => {
    const { items } = await createActivityStore(store.database).listByOrganization(organizationId, {
      environment: 'production',
      limit: 500,
    })
    return items
  }
  const unattributed = async () => {
    const rows = await store.database.queries
      .selectFrom('activity')
      .select(['id', 'client_address'])
      .where('organization_id', 'is', null)
      .execute()
    return rows
  }

  test('show a certificate with the serial number of another as unproven, and displace no proven ones', async () => {
    const own = {
      organizationId: 'org_acme',
      certificateId: 'cert_1',
      proven: true,
      code: 'certificate_revoked',
    } as const
    await write([refused('genuine', own)])
    const presented = { subject: 'CN=x', issuer: 'CN=x', serialNumber, fingerprintSha256: 'ee' }
    for (let round = 0; round < 5; round += 1)
      await write(Array.from({ length: 200 }, (_, i) => refused(`forged ${round} ${i}`, { presented })))
    const items = await list('org_acme')
    expect(items.filter(({ identityProven }) => identityProven).map(({ id }) => id)).toEqual(['genuine'])
    const claims = items.filter(({ identityProven }) => !identityProven)
    // One source may have ten.
    expect(claims).toHaveLength(10)
    expect(claims[0]).toMatchObject({ id: 'forged 4 199', certificate: null })
  })

  test('are limited to fifty for many sources together, and none displaces another network', async () => {
    const claim = (id: string, clientAddress: string) =>
      refused(id, { organizationId: 'org_globex', clientAddress, code: 'client_authentication_failed' })
    await write([claim('honest 1', '198.51.100.7'), claim('honest 2', '198.51.100.7')])
    for (let round = 0; round < 3; round += 1)
      await write(
        Array.from({ length: 300 }, (_, i) =>
          claim(`flood ${round} ${i}`, `2001:db8:0:${i.toString(16)}::1`),
        ),
      )
    const ids = (await list('org_globex')).map(({ id }) => id)
    expect(ids).toHaveLength(50)
    expect(ids).toEqual(expect.arrayContaining(['honest 1', 'honest 2']))
  })

  test('without an organization are limited to fifty per source, which cannot displace the rest', async () => {
    await store.database.queries.deleteFrom('activity').where('organization_id', 'is', null).execute()
    const honest = Array.from({ length: 30 }, (_, i) => refused(`h${i}`, { clientAddress: `203.0.113.${i}` }))
    await write(honest)
    for (let round = 0; round < 3; round += 1)
      await write(
        Array.from({ length: 900 }, (_, i) => refused(`f${round} ${i}`, { clientAddress: '192.0.2.66' })),
      )
    const one = await unattributed()
    expect(one.filter(({ client_address }) => client_address === '192.0.2.66')).toHaveLength(50)
    expect(one).toHaveLength(80)
    // Many addresses of one network: a thousand in total, and the others stay.
    for (let round = 0; round < 3; round += 1)
      await write(
        Array.from({ length: 900 }, (_, i) =>
          refused(`w${round} ${i}`, { clientAddress: `2001:db8:0:${(round * 900 + i).toString(16)}::1` }),
        ),
      )
    const many = await unattributed()
    expect(many).toHaveLength(1000)
    expect(many.filter(({ id }) => id.startsWith('h'))).toHaveLength(30)
  })

  test('are kept apart from those with an access token and no certificate', async () => {
    const proven = { organizationId: 'org_globex', environment: 'staging', proven: true }
    await write(Array.from({ length: 250 }, (_, i) => refused(`t${i}`, proven)))
    await write(
      Array.from({ length: 250 }, (_, i) =>
        refused(`s${i}`, { organizationId: 'org_globex', environment: 'staging' }),
      ),
    )
    const rows = await store.database.queries
      .selectFrom('activity')
      .select(['proven'])
      .where('organization_id', '=', 'org_globex')
      .where('environment', '=', 'staging')
      .execute()
    expect(rows.filter((row) => row.proven === 1)).toHaveLength(200)
    expect(rows.filter((row) => row.proven === 0)).toHaveLength(10)
  })
})
