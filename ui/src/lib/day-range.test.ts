import { expect, test } from 'vitest'
import { toMoments } from './day-range.ts'

test('a range goes from the start of its first day to the end of its last one', () => {
  const { from = '', to = '' } = toMoments({ from: '2027-03-04', to: '2027-03-04' })
  expect(new Date(from).getHours()).toBe(0)
  expect(Date.parse(to) - Date.parse(from)).toBe(86_400_000)
})

test('what is no day is no limit', () => {
  expect(toMoments({ from: 'yesterday', to: '2027-99-99' })).toEqual({})
})
