import { expect, test } from 'vitest'
import type { ActivityView } from '../../../../src/contract/activity.ts'
import { summarizeActivity } from './summarize-activity.ts'

const seen = (row: Partial<ActivityView>) =>
  ({
    outcome: 'ok',
    code: null,
    status: 200,
    tlsVersion: 'TLSv1.3',
    clientAddress: '203.0.113.7',
    ...row,
  }) as ActivityView

test('counts outcomes, TLS versions and addresses, the most frequent first', () => {
  const rows = [
    seen({ outcome: 'refused', code: 'certificate_revoked', status: 403 }),
    seen({}),
    seen({ clientAddress: '203.0.113.8' }),
    seen({ status: null, tlsVersion: null }),
    seen({ status: 502 }),
  ]
  const { outcomes, tlsVersions, addresses } = summarizeActivity(rows)
  expect(outcomes).toEqual([
    { label: 'HTTP 200', count: 2, tone: 'good' },
    { label: 'The certificate is revoked', count: 1, tone: 'bad' },
    { label: 'connected', count: 1, tone: 'good' },
    { label: 'HTTP 502', count: 1, tone: 'bad' },
  ])
  expect(tlsVersions).toEqual([{ label: 'TLSv1.3', count: 4, tone: 'neutral' }])
  expect(addresses.map(({ label, count }) => [label, count])).toEqual([
    ['203.0.113.7', 4],
    ['203.0.113.8', 1],
  ])
})
