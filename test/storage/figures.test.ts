import { beforeAll, expect, test } from 'vitest'
import type { Observation } from '../../src/gateway/observation/observation.ts'
import { createUsageRecorder } from '../../src/gateway/observation/usage-recorder.ts'
import type { Organization } from '../../src/shapes/organization.ts'
import { newId } from '../../src/storage/id.ts'
import { openUsageStore } from '../../src/telemetry/usage-store.ts'
import { type CertificateHarness, createCertificateHarness } from '../support/certificate-harness.ts'
import { describeOnBothEngines, type TestStore } from '../support/databases.ts'
import { activityRecord } from '../support/usage-batches.ts'

/** More than one page of any list. */
const certificateCount = 250
const revokedCount = 12
const deniedTokens = 3
const environment = 'production'

describeOnBothEngines('the figures of 250 certificates, some of them revoked since,', (store) => {
  let harness: CertificateHarness
  let acme: Organization
  let figures: Awaited<ReturnType<typeof readFigures>>

  beforeAll(async () => {
    harness = await createCertificateHarness(store.database)
    acme = await harness.addOrganization('acme')
    const ids = await addCertificates(store, harness, acme)
    await record(ids.map((id) => seen(id)))
    await store.database.queries
      .updateTable('certificates')
      .set({ status: 'revoked', revoked_at: harness.clock.now(), revocation_reason: 'superseded' })
      .where('id', 'in', ids.slice(0, revokedCount))
      .execute()
    const denied = { outcome: 'refused', status: 403, code: 'certificate_revoked', accepted: false } as const
    const claim = { ...denied, kind: 'token', code: 'client_authentication_failed', proven: false } as const
    await record([
      ...ids.map((id, index) => seen(id, index < revokedCount ? denied : { status: 404 })),
      ...Array.from({ length: deniedTokens }, () => seen(null, claim)),
      seen(null, { kind: 'call' }),
      seen('unknown', { organizationId: null, certificateId: null, ...denied }),
    ])
    figures = await readFigures()
  })

  const seen = (certificateId: string | null, changes: Partial<Observation> = {}): Observation => {
    const { id: _, ...event } = activityRecord('')
    const place = { at: harness.clock.now(), organizationId: acme.id, certificateId, environment }
    return { ...event, ...place, accepted: true, ...changes }
  }
  /** Records events as a gateway does. */
  async function record(events: Observation[]): Promise<void> {
    const writer = await openUsageStore(store.location)
    const recorder = createUsageRecorder({
      gateway: { id: newId('gateway', Date.now()), host: 'edge-1', release: '1.0.0' },
      count: () => ({ connections: 0, handshakes: 0 }),
      clock: harness.clock,
      newId: (at) => newId('activity', at),
      toRecorded: (event) => event,
      write: (batch) => writer.write(batch),
      report: {
        dropped() {},
        rejected() {},
        failed: (error: unknown) => expect.fail(String(error)),
      } as never,
    })
    for (const event of events) recorder.record(event)
    await recorder.close()
    await writer.close()
  }
  const call = <I extends Parameters<CertificateHarness['call']>[0]>(id: I, query: object = {}) =>
    harness.call(id, { organization: acme, environment, query })
  async function readFigures() {
    const hour = await call('getUsage', { range: 'hour' })
    const day = await call('getUsage', { range: 'day' })
    const month = await call('getUsage', { range: 'month' })
    const causes = await call('countOrganizationDenials', { range: 'day' })
    const actions = await call('listRequiredActions')
    return { hour, day, month, causes, actions }
  }

  test('are one number of calls, in every range, in the buckets and in the list', async () => {
    const { hour, day, month } = figures
    // The last one is a call without a certificate.
    const calls = 2 * certificateCount - revokedCount + 1
    expect([hour, day, month].map(({ callCount }) => callCount)).toEqual([calls, calls, calls])
    const inBuckets = day.buckets.reduce(
      (sum, { succeeded, clientErrors }) => sum + succeeded + clientErrors,
      0,
    )
    expect(inBuckets).toBe(calls)
    expect(await sumList()).toBe(calls - 1)
  })

  test('keep what a revoked certificate did', () => {
    expect(figures.day.certificatesInUse).toBe(certificateCount)
  })

  test('are one number of denied requests, by time, by cause and in what needs action', () => {
    const { hour, day, month, causes, actions } = figures
    const denied = revokedCount + deniedTokens
    expect([hour, day, month].map(({ deniedCount }) => deniedCount)).toEqual([denied, denied, denied])
    expect(causes.items.map(({ code, count }) => [code, count])).toEqual([
      ['certificate_revoked', revokedCount],
      ['client_authentication_failed', deniedTokens],
    ])
    expect(actions.items).toMatchObject([
      { kind: 'requests_denied', count: denied, unprovenCount: deniedTokens, from: hour.from },
    ])
  })

  test('state their window, the same for one range everywhere', () => {
    const { day, causes } = figures
    expect(causes.from).toBe(day.from)
    expect(day.buckets[0]?.start).toBe(day.from)
    expect(day.buckets).toHaveLength(24)
  })

  async function sumList(): Promise<number> {
    let calls = 0
    let cursor: string | undefined
    do {
      const page = await call('listCertificateUse', { limit: 200, ...(cursor && { cursor }) })
      for (const { callsByHour } of page.items) for (const count of callsByHour) calls += count
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    return calls
  }
})

/** Adds copies of an issued certificate, and returns the IDs of all. */
async function addCertificates(
  { database: { queries } }: TestStore,
  harness: CertificateHarness,
  organization: Organization,
): Promise<string[]> {
  const first = await harness.issueOne(organization)
  const row = await queries
    .selectFrom('certificates')
    .selectAll()
    .where('id', '=', first.id)
    .executeTakeFirstOrThrow()
  const copies = Array.from({ length: certificateCount - 1 }, (_, index) => ({
    ...{ ...row, id: newId('certificate', Date.now()), number: 100 + index, name: `acme-${100 + index}` },
    ...{ serial_number: null, fingerprint_sha256: null, spki_sha256: null },
  }))
  for (let start = 0; start < copies.length; start += 25)
    await queries
      .insertInto('certificates')
      .values(copies.slice(start, start + 25))
      .execute()
  return [first.id, ...copies.map(({ id }) => id)]
}
