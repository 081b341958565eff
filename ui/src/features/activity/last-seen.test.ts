import { expect, test } from 'vitest'
import { lastSeen } from './last-seen.ts'

const seen = (lastAt: string) => ({ value: '192.0.2.1', count: 1, lastAt })

test('the last use is the latest time of any address, whichever sends most requests', () => {
  const clientAddresses = [
    '2026-11-02T10:00:00.000Z',
    '2026-11-20T10:00:00.000Z',
    '2026-10-02T10:00:00.000Z',
  ].map(seen)
  expect(lastSeen({ clientAddresses })).toBe('2026-11-20T10:00:00.000Z')
  expect(lastSeen({ clientAddresses: [] })).toBeUndefined()
})
