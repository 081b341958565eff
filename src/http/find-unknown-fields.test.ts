import { expect, test } from 'vitest'
import { z } from 'zod'
import { findUnknownFields } from './find-unknown-fields.ts'

const variants = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('key'), sha256: z.string() }),
  z.object({ kind: z.enum(['serial', 'serials']), numbers: z.array(z.string()) }),
])
const schema = z.object({
  filter: variants.optional(),
  either: z.union([z.object({ a: z.string() }), z.object({ b: z.string(), c: z.string() })]).nullable(),
  byName: z.record(z.string(), z.object({ value: z.number() })),
  pair: z.tuple([z.object({ first: z.string() }), z.object({ second: z.string() })]),
})

test.each([
  [{ filter: { kind: 'serials', nubers: [], sha256: 'a' } }, ['filter.nubers', 'filter.sha256']],
  [{ filter: { kind: 'key', numbers: [] } }, ['filter.numbers']],
  [{ filter: { kind: 'key', sha256: 'a' } }, []],
  [{ filter: { kind: 'other', sha256: 'a' } }, []],
  [{ either: { b: 'x', d: 'x' } }, ['either.d']],
  [{ either: null }, []],
  [{ byName: { any: { value: 1, other: 1 } } }, ['byName.any.other']],
  [{ pair: [{ first: 'a' }, { first: 'a' }, { third: 'a' }] }, ['pair.1.first']],
])('%j has the unknown members %j', (input, expected) => {
  const found = findUnknownFields(schema, input)
  expect(found.map(({ parents, name }) => [...parents, name].join('.'))).toEqual(expected)
})

test('an unknown member of a variant is compared with the members of that variant', () => {
  const [field] = findUnknownFields(schema, { filter: { kind: 'serial', number: [] } })
  expect(field?.known).toEqual(['kind', 'numbers'])
})
