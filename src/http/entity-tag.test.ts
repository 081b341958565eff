import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Operation } from '../contract/operation.ts'
import { findEntityTag, isMatch, isNoneMatch, readEntityTags } from './entity-tag.ts'

const read = (value: string) => readEntityTags(new Headers({ 'if-match': value }), 'if-match')

test.each([
  ['*', { any: true, strong: [], weak: [] }],
  ['"a"', { any: false, strong: ['"a"'], weak: [] }],
  ['W/"a" , "b","c d"', undefined],
  ['W/"a" , "b","c"', { any: false, strong: ['"b"', '"c"'], weak: ['"a"'] }],
  ['""', { any: false, strong: ['""'], weak: [] }],
])('reads the entity tags %s', (value, expected) => {
  if (expected === undefined) expect(() => read(value)).toThrow('not a list of entity tags')
  else expect(read(value)).toEqual(expected)
})

test.each(['', 'a', '"a', '"a" "b"', '"a",', 'w/"a"', '*, "a"', `"${'a'.repeat(5000)}"`])(
  'does not read %s as entity tags',
  (value) => {
    expect(() => read(value)).toThrow(expect.objectContaining({ code: 'bad_request' }))
  },
)

test('compares strongly for a change and weakly for a read', () => {
  const tags = { any: false, strong: ['"a"'], weak: ['"b"'] }
  expect([isMatch(tags, '"a"'), isMatch(tags, '"b"'), isMatch(tags, undefined)]).toEqual([true, false, false])
  expect([isNoneMatch(tags, '"a"'), isNoneMatch(tags, '"b"'), isNoneMatch(tags, '"c"')]).toEqual([
    false,
    false,
    true,
  ])
})

test('gives one tag to one representation, whatever else the value holds and in whichever order', () => {
  const resource = { reply: z.object({ id: z.string(), name: z.string() }) } as unknown as Operation
  const tag = findEntityTag(resource, { id: '1', name: 'a' })
  expect(tag).toMatch(/^"[\w-]{24}"$/)
  expect(findEntityTag(resource, { secret: 'x', name: 'a', id: '1' })).toBe(tag)
  expect(findEntityTag(resource, { id: '1', name: 'b' })).not.toBe(tag)
  expect(findEntityTag(resource, { id: '1' })).toBeUndefined()
})
