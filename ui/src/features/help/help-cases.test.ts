import { expect, test } from 'vitest'
import { denialCodes } from '../../../../src/contract/denial-codes.ts'
import { findCaseByCode, findCases, helpGroups } from './help-cases.ts'

const first = denialCodes.indexOf('certificate_missing')
const last = denialCodes.indexOf('client_gone')

test.each(denialCodes.slice(first, last + 1).filter((code) => code !== 'scope_unknown'))(
  '%s leads to a help case with a fix',
  (code) => {
    expect(findCaseByCode(code)?.steps.length).toBeGreaterThan(0)
  },
)

test('the help search finds a message of a program regardless of case', () => {
  const [group] = findCases('EMPTY reply')
  expect(group?.cases.map(({ id }) => id)).toEqual(['no-response'])
  expect(findCases('')).toEqual(helpGroups)
  expect(findCases('no such message')).toEqual([])
})

test('each help case has its own anchor', () => {
  const ids = helpGroups.flatMap(({ cases }) => cases.map(({ id }) => id))
  expect(new Set(ids).size).toBe(ids.length)
})
