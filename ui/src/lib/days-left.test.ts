import { expect, test } from 'vitest'
import { daysLeft, daysLeftText } from './days-left.ts'

const now = new Date('2026-11-23T12:00:00Z')

test.each([
  ['2027-03-01T12:00:00Z', 98, 'calm', '98 days left'],
  ['2026-12-23T12:00:00Z', 30, 'soon', '30 days left'],
  ['2026-12-01T11:59:59Z', 7, 'urgent', '7 days left'],
  ['2026-11-24T12:00:00Z', 1, 'urgent', '1 day left'],
  ['2026-11-23T13:00:00Z', 0, 'urgent', 'expires today'],
  ['2026-11-23T11:59:59Z', -1, 'over', 'expired'],
])('expiry at %s leaves %i days', (notAfter, days, urgency, text) => {
  expect(daysLeft(new Date(notAfter), now)).toEqual({ days, urgency })
  expect(daysLeftText(days)).toBe(text)
})
