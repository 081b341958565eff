import { expect, test } from 'vitest'
import { daysToMs, endedBefore, toDay, toMinute, toText } from './moment.ts'

test('a time is written in UTC with its milliseconds, and a missing one as null', () => {
  expect(toText(1_700_000_000_123)).toBe('2023-11-14T22:13:20.123Z')
  expect(toText(null)).toBeNull()
})

test('letters have the day or the minute, in UTC', () => {
  expect(toDay(1_700_000_000_123)).toBe('2023-11-14')
  expect(toMinute(1_700_000_000_123)).toBe('2023-11-14 22:13 UTC')
})

test('days of a setting are whole milliseconds', () => {
  expect([1, 0.041667, 0.020833].map(daysToMs)).toEqual([86_400_000, 3_600_029, 1_799_971])
})

test('a certificate is valid in its last second', () => {
  const notAfter = Date.parse('2030-01-01T00:00:00Z')
  expect(notAfter > endedBefore(notAfter + 999)).toBe(true)
  expect(notAfter > endedBefore(notAfter + 1000)).toBe(false)
})
