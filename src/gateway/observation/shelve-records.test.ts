import { expect, test } from 'vitest'
import { activityRecord } from '../../../test/support/usage-batches.ts'
import type { Observation } from './observation.ts'
import { createRecordShelves } from './shelve-records.ts'

const refused = (id: string, changes: Partial<Observation>): Observation => ({
  ...activityRecord(id, { outcome: 'refused', certificateId: null, organizationId: null, proven: false }),
  accepted: false,
  traceId: id,
  ...changes,
})

test('unauthenticated clients displace no authenticated event, and one address displaces no event of another', () => {
  const shelves = createRecordShelves()
  const genuine = Array.from({ length: 50 }, (_, i) =>
    refused(`genuine ${i}`, { organizationId: `org_${i}`, certificateId: `cert_${i}`, proven: true }),
  )
  const honest = Array.from({ length: 20 }, (_, i) =>
    refused(`honest ${i}`, { clientAddress: `198.51.100.${i}` }),
  )
  for (const record of [...genuine, ...honest]) shelves.add(record)
  let dropped = 0
  for (let i = 0; i < 100_000; i += 1) {
    const clientAddress = i % 2 === 0 ? '192.0.2.66' : `2001:db8:0:${(i % 60_000).toString(16)}::1`
    dropped += shelves.add(refused(`flood ${i}`, { clientAddress }))
  }
  const ids = new Set(shelves.list().map(({ traceId }) => traceId))
  expect([...genuine, ...honest].filter(({ traceId }) => !ids.has(traceId))).toEqual([])
  expect(shelves.count()).toBeLessThanOrEqual(3100)
  expect(dropped).toBeGreaterThan(40_000)
})

test('claims about one organization do not displace claims about another', () => {
  const shelves = createRecordShelves()
  const claim = (id: string, organizationId: string, clientAddress: string) =>
    refused(id, { organizationId, clientAddress })
  shelves.add(claim('honest', 'org_globex', '198.51.100.1'))
  for (let i = 0; i < 10_000; i += 1)
    shelves.add(claim(`flood ${i}`, 'org_acme', `2001:db8:${i.toString(16)}::1`))
  expect(shelves.list().some(({ traceId }) => traceId === 'honest')).toBe(true)
  expect(shelves.count()).toBeLessThanOrEqual(3000)
})

test('an organization with many certificates makes room for others', () => {
  const shelves = createRecordShelves()
  const own = (id: string, organizationId: string, certificateId: string) =>
    refused(id, { organizationId, certificateId, proven: true })
  shelves.add(own('small', 'org_small', 'cert_small'))
  for (let i = 0; i < 40_000; i += 1) shelves.add(own(`big ${i}`, 'org_big', `cert_${i % 400}`))
  expect(shelves.list().some(({ traceId }) => traceId === 'small')).toBe(true)
  expect(shelves.count()).toBeLessThanOrEqual(24_000)
})
