import { expect, test } from 'vitest'
import type { RotationView } from '../../../../src/contract/rotation.ts'
import { describeOverlap, describeOverlapEnd } from './describe-overlap.ts'

const side = (name: string) =>
  ({ name, status: 'issued', notAfter: '2027-06-01T08:00:00.000Z' }) as RotationView['old']
const overlap = {
  endsAt: '2027-03-01T08:00:00.000Z',
  rule: 'policy' as const,
  days: 30,
  limitedUntil: '2027-03-01T08:00:00.000Z',
  postponedSince: null,
}
const describe = (changes: Partial<NonNullable<RotationView['overlap']>> | null) =>
  describeOverlap({
    old: side('acme-0001'),
    new: side('acme-0002'),
    overlap: changes && { ...overlap, ...changes },
  })

test('the page says until when both certificates work, and which rule says so', () => {
  expect(describe({})).toMatch(
    /^Your provider allows an overlap of 30 days: both certificates work until .*2027.*\. From then on Postern retires acme-0001 as soon as that is safe/,
  )
  expect(describe({ limitedUntil: null, rule: 'expiry' })).toBe(
    'Your provider allows an overlap of 30 days. It begins when a gateway first accepts acme-0002.',
  )
  expect(describe({ postponedSince: '2027-03-01T08:01:00.000Z', days: 1 })).toMatch(
    /^The overlap of 1 day that your provider allows ended at .*2027.*\. Postern retires acme-0001 as soon as that is safe\.$/,
  )
  for (const days of [null, 400])
    expect(
      describe({ days, limitedUntil: days === null ? null : '2028-03-01T08:00:00.000Z', rule: 'expiry' }),
    ).toMatch(/^Both certificates work until acme-0001 is retired, or expires at .*2027/)
  expect(describe(null)).toBeUndefined()
})

test('a list has the end of an overlap only where something but expiry ends it', () => {
  expect(describeOverlapEnd({ overlap })).toContain('2027')
  expect(describeOverlapEnd({ overlap: { ...overlap, rule: 'expiry' } })).toBe('–')
  expect(describeOverlapEnd({ overlap: null })).toBe('–')
})
