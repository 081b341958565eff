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
])(
  'the column value %s allows only the texts in its list, and null allows everything',
  (column, restriction) => {
    expect(parseRestriction(column)).toEqual(restriction)
  },
)
