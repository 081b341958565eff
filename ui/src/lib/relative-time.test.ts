import { expect, test } from 'vitest'
import { relativeTime } from './relative-time.ts'

const now = new Date('2026-11-23T12:00:00Z')

test.each([
  ['2026-11-23T11:59:58Z', 'just now'],
  ['2026-11-23T11:59:20Z', '40 seconds ago'],
  ['2026-11-23T11:59:00Z', '1 minute ago'],
  ['2026-11-23T10:01:00Z', '1 hour ago'],
  ['2026-11-21T11:00:00Z', '2 days ago'],
  ['2026-11-26T12:00:00Z', 'in 3 days'],
  ['2026-11-23T12:00:30Z', 'in a moment'],
])('the relative time of %s is %s', (moment, text) => expect(relativeTime(new Date(moment), now)).toBe(text))
