import { expect, test } from 'vitest'
import { errorCodes } from '../../../../src/contract/error-codes.ts'
import { findCaseByCode, findCases, helpGroups } from './help-cases.ts'

const first = errorCodes.indexOf('certificate_missing')
const last = errorCodes.indexOf('client_gone')

test.each(errorCodes.slice(first, last + 1))('%s leads to a help case with a fix', (code) => {
  expect(findCaseByCode(code)?.steps.length).toBeGreaterThan(0)
})

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
