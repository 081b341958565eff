import { expect, test } from 'vitest'
import { toText } from './moment.ts'

test('a moment is written in UTC with its milliseconds, and none as null', () => {
  expect(toText(1_700_000_000_123)).toBe('2023-11-14T22:13:20.123Z')
  expect(toText(null)).toBeNull()
})
