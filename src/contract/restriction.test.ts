import { expect, test } from 'vitest'
import { parseRestriction } from './restriction.ts'

test.each([
  ['null', null],
  ['["a","b"]', ['a', 'b']],
  ['[]', []],
  ['', []],
  ['"a"', []],
  ['{"a":1}', []],
  ['[1]', []],
  ['[null]', []],
  ['["a"', []],
])('the column %s restricts as it says, and null alone to nothing', (column, restriction) => {
  expect(parseRestriction(column)).toEqual(restriction)
})
