import { expect, test } from 'vitest'
import { denialCodes } from '../../../../src/contract/denial-codes.ts'
import { errorCodes } from '../../../../src/contract/error-codes.ts'
import { findErrorTitle } from '../../../../src/contract/error-titles.ts'
import { findCaseByCode, findCases, helpGroups } from './help-cases.ts'

test.each([...new Set<string>([...denialCodes, ...errorCodes])])(
  '%s leads to a help case with a fix, and has a title',
  (code) => {
    expect(findCaseByCode(code)?.steps.length).toBeGreaterThan(0)
    expect(findErrorTitle(code)).toMatch(/^\S.*[^.]$/)
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
