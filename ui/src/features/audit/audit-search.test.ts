import { expect, test } from 'vitest'
import { toAuditFilter } from './audit-search.ts'

test('days of the user become moments, and the last day is whole', () => {
  const { from = '', to = '' } = toAuditFilter({ from: '2027-03-04', to: '2027-03-04' })
  expect(new Date(from).getTime()).toBe(new Date(2027, 2, 4).getTime())
  expect(new Date(to).getTime()).toBe(new Date(2027, 2, 5).getTime())
})

test('what is not set, or is no day, filters nothing', () => {
  expect(toAuditFilter({})).toEqual({})
  expect(toAuditFilter({ from: 'yesterday', to: '2027-99-99' })).toEqual({})
  expect(toAuditFilter({ type: 'certificate.issued', subject: 'cert_1', actor: 'a@b.example' })).toEqual({
    ...{ type: ['certificate.issued'], subjectId: 'cert_1', actor: 'a@b.example' },
  })
})
