import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPaging, cursorParts } from './page.ts'

const paging = createPaging('things', [cursorParts.number, cursorParts.name])
const rows = [
  { at: 3, id: 'a_1' },
  { at: 5, id: 'b_2' },
]
const cursorOf = (of: typeof paging) =>
  of.toPage(
    rows,
    1,
    ({ at, id }) => [at, id],
    ({ id }) => id,
  ).nextCursor ?? ''
const write = (value: string) => Buffer.from(value).toString('base64url')
const codeOf = (cursor: string): string => {
  try {
    paging.findPosition(cursor)
    return 'taken'
  } catch (error) {
    return (error as { code: string }).code
  }
}

test('a cursor continues after the last row of its page, and the last page has none', () => {
  expect(paging.findPosition(cursorOf(paging))).toEqual([3, 'a_1'])
  expect(paging.findPosition(undefined)).toBeUndefined()
  const last = paging.toPage(
    rows,
    2,
    ({ at, id }) => [at, id],
    ({ id }) => id,
  )
  expect(last).toEqual({ items: ['a_1', 'b_2'], nextCursor: null })
})

test('a cursor of another list is rejected, even if its position has the same form', () => {
  expect(codeOf(cursorOf(createPaging('other things', [cursorParts.number, cursorParts.name])))).toBe(
    'cursor_invalid',
  )
})

test.each([
  ['a cursor that is not JSON', write('x')],
  ['a cursor with another type for a number', write('[1,"things",[NaN,"a_1"]]')],
  ['a cursor with a number out of range', write('[1,"things",[1e400,"a_1"]]')],
  ['a cursor with a number as text', write('[1,"things",["3","a_1"]]')],
  ['a cursor with a fraction', write('[1,"things",[3.5,"a_1"]]')],
  ['a cursor with an unsafe integer', write('[1,"things",[9007199254740993,"a_1"]]')],
  ['null', write('[1,"things",[null,"a_1"]]')],
  ['a cursor with NUL in a name', write('[1,"things",[3,"a\\u0000"]]')],
  ['a cursor with a lone surrogate', write('[1,"things",[3,"\\ud800"]]')],
  ['a cursor that is an object', write('[1,"things",[3,{"toString":1}]]')],
  ['a cursor with too many parts', write('[1,"things",[3,"a_1",1]]')],
  ['a cursor with too few parts', write('[1,"things",[3]]')],
  ['a cursor of another version', write('[2,"things",[3,"a_1"]]')],
  ['a cursor with spaces', write('[1, "things",[3,"a_1"]]')],
  ['a cursor with another spelling of a number', write('[1,"things",[3.0,"a_1"]]')],
  ['a cursor without a version', write('[3,"a_1"]')],
  ['nothing', ''],
])('%s is rejected', (_, cursor) => {
  expect(codeOf(cursor)).toBe('cursor_invalid')
})

test('a cursor has exactly one valid spelling', () => {
  const cursor = cursorOf(paging)
  expect(codeOf(cursor)).toBe('taken')
  for (const other of [`${cursor}=`, `${cursor}A`, ` ${cursor}`, `${cursor}\n`, cursor.slice(0, -1)])
    expect(codeOf(other), other).toBe('cursor_invalid')
})

test('any text sent as a cursor is a position or rejected', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json().map(write)), (cursor) => {
      expect(codeOf(cursor)).toBe('cursor_invalid')
    }),
  )
})
