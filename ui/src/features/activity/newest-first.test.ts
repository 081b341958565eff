import { expect, test } from 'vitest'
import type { ActivityView } from '../../../../src/contract/activity.ts'
import { newestFirst } from './newest-first.ts'

test('rows are sorted with the latest event first, in whatever order two gateways report events', () => {
  const row = (id: string, at: string) => ({ id, at }) as ActivityView
  const later = row('later', '2026-01-01T00:00:01.500Z')
  const sooner = row('sooner', '2026-01-01T00:00:01.100Z')
  expect(newestFirst([sooner, later]).map(({ id }) => id)).toEqual(['later', 'sooner'])
  expect(newestFirst([later, sooner]).map(({ id }) => id)).toEqual(['later', 'sooner'])
})
