import { expect, test } from 'vitest'
import type { ActivityView } from '../../../../src/contract/activity.ts'
import { groupRepeated } from './group-repeated.ts'

const start = Date.parse('2026-11-23T12:00:00Z')
let ids = 0
const row = (minute: number, changes: Partial<ActivityView> = {}) => {
  ids += 1
  return {
    id: `act_${ids}`,
    at: new Date(start + minute * 60_000).toISOString(),
    kind: 'call',
    outcome: 'denied',
    code: 'certificate_revoked',
    certificate: { id: 'cert_1', name: 'acme-0001' },
    clientAddress: '192.0.2.1',
    environment: 'production',
    identityProven: true,
    ...changes,
  } as ActivityView
}
const counts = (rows: ActivityView[]) => groupRepeated(rows).map(({ rows: { length } }) => length)

test('denied requests of one cause, certificate and address are one row with their number and newest time', () => {
  const rows = Array.from({ length: 37 }, (_, minute) => row(minute % 5))
  const [group] = groupRepeated(rows)
  expect(group?.rows).toHaveLength(37)
  expect(group?.newest.at).toBe('2026-11-23T12:04:00.000Z')
})

test.each([
  ['another cause', { code: 'certificate_expired' }],
  ['another certificate', { certificate: null }],
  ['another address', { clientAddress: '192.0.2.2' }],
  ['another kind', { kind: 'token' as const }],
])('%s is a row of its own', (_, changes) => expect(counts([row(1), row(2, changes)])).toEqual([1, 1]))

test('what others do in between does not separate a group, and a longer pause does', () => {
  expect(counts([row(1), row(2, { clientAddress: '192.0.2.2' }), row(3)])).toEqual([2, 1])
  expect(counts([row(0), row(14), row(28), row(60)])).toEqual([1, 3])
})

test('allowed requests are told one by one', () => {
  expect(
    counts([row(1, { outcome: 'allowed', code: null }), row(2, { outcome: 'allowed', code: null })]),
  ).toEqual([1, 1])
})
