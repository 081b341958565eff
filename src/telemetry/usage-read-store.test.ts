import { beforeEach, expect, test } from 'vitest'
import { createCertificateHarness } from '../../test/support/certificate-harness.ts'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { createUsageReadStore } from './usage-read-store.ts'

const hour = 3_600_000
const byHour = { grain: 'hour', from: 0 }

describeWithFreshStores('use of certificates', (store) => {
  let acme: { id: string }
  let globex: { id: string }
  let certificateId: string

  beforeEach(async () => {
    const harness = await createCertificateHarness(store.database)
    const owner = await harness.addOrganization('acme')
    acme = owner
    globex = await harness.addOrganization('globex')
    certificateId = (await harness.issueOne(owner)).id
    const rows = [1, 2, 3, 50].map((back) => ({ start: back * hour, ok: back, refusals: 1 }))
    for (const grain of ['minute', 'hour', 'day'])
      await store.database.queries
        .insertInto('usage')
        .values(rows.map((row) => ({ ...row, grain, certificate_id: certificateId })))
        .execute()
    for (const grain of ['minute', 'hour', 'day'])
      await store.database.queries
        .insertInto('organization_usage')
        .values(rows.map((row) => ({ ...row, grain, organization_id: acme.id, environment: 'production' })))
        .execute()
    await store.database.queries
      .insertInto('usage_facets')
      .values(
        [0, 24].flatMap((day) =>
          ['192.0.2.1', '192.0.2.2'].map((value, index) => ({
            certificate_id: certificateId,
            day: day * hour,
            kind: 'address',
            value,
            count: 1 + index,
            last_at: day * hour + 5,
          })),
        ),
      )
      .execute()
  })

  const usage = () => createUsageReadStore(store.database)

  test('is read for the requesting organization only', async () => {
    const own = await usage().listOfCertificate(acme.id, certificateId, { grain: 'hour', from: 2 * hour })
    expect(own.map(({ start, ok }) => [start, ok]).toSorted()).toEqual(
      [
        [2 * hour, 2],
        [3 * hour, 3],
        [50 * hour, 50],
      ].toSorted(),
    )
    expect(await usage().listOfCertificate(globex.id, certificateId, byHour)).toEqual([])
    expect(await usage().listOfOrganization(globex.id, 'production', byHour)).toEqual([])
    expect(await usage().listOfOrganization(acme.id, 'production', byHour)).toHaveLength(4)
    expect(await usage().listOfOrganization(acme.id, 'staging', byHour)).toEqual([])
  })

  test('sums the days of an address, the most frequent first', async () => {
    expect(await usage().listFacets(certificateId, 'address', 0)).toEqual([
      { value: '192.0.2.2', count: 4, lastAt: 24 * hour + 5 },
      { value: '192.0.2.1', count: 2, lastAt: 24 * hour + 5 },
    ])
    expect(await usage().listFacets(certificateId, 'tls', 0)).toEqual([])
  })

  test('is deleted after the retention period of its granularity', async () => {
    await usage().forgetOld({ minute: hour, hour: 48 * hour, day: 1000 * hour }, 51 * hour)
    const left = async (grain: string) =>
      (await usage().listOfCertificate(acme.id, certificateId, { grain, from: 0 }))
        .map(({ start }) => start / hour)
        .toSorted()
    expect(await left('minute')).toEqual([50])
    expect(await left('hour')).toEqual([3, 50])
    expect(await left('day')).toHaveLength(4)
    expect(await usage().listOfOrganization(acme.id, 'production', byHour)).toHaveLength(2)
    expect(await usage().listFacets(certificateId, 'address', 0)).toMatchObject([{ count: 2 }, { count: 1 }])
  })
})
