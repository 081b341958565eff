import fc from 'fast-check'
import { z } from 'zod'

type Schema = z.core.JSONSchema.BaseSchema

const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`)

/** Text that programs often handle wrongly. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    '\u2028',
    '\u200b',
    '%',
    '%00',
    '%ff',
    "'; --",
    '\\',
    '../..',
    '__proto__',
    'constructor',
    'NaN',
    '1e400',
    '-1',
    '9007199254740993',
    'null',
    'a'.repeat(3000),
    '𐀀'.repeat(300),
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
)

const hostileNumber = fc.constantFrom(0, -1, 0.5, 1, 2 ** 31, 2 ** 53 - 1, -(2 ** 53), 1e308, 1e-308)

/** Any JSON value, including those that an API does not expect. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  hostileNumber,
  fc.constantFrom(null, true, [], {}, [[]], { toString: 1 }, { length: -1 }, [null], nested(40)),
  fc.jsonValue({ maxDepth: 3 }),
)

/** Generates values that nearly match `schema`: each part is valid, hostile or missing. */
export function nearlyFitting(schema: z.ZodType): fc.Arbitrary<unknown> {
  return fromSchema(z.toJSONSchema(schema, { io: 'input' }))
}

function fromSchema(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ arbitrary: fitting(schema), weight: 3 }, { arbitrary: hostileValue, weight: 1 })
}

function fitting(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((each) => fromSchema(each as Schema)))
  if (schema.type === 'object') {
    const parts = Object.entries(schema.properties ?? {}).map(
      ([name, part]) => [name, fromSchema(part as Schema)] as const,
    )
    return fc.record(Object.fromEntries(parts), { requiredKeys: schema.required ?? [] })
  }
  if (schema.type === 'array') return fc.array(fromSchema(schema.items as Schema), { maxLength: 3 })
  if (schema.type === 'boolean') return fc.boolean()
  if (schema.type === 'integer' || schema.type === 'number')
    return fc.constantFrom(schema.minimum ?? 0, schema.maximum ?? 2 ** 53 - 1, 1, 5)
  if (schema.format === 'email') return fc.constantFrom('a@acme.example', 'A@ACME.EXAMPLE')
  if (schema.format === 'date-time') return fc.constantFrom('2027-01-01T00:00:00Z', '0000-01-01T00:00:00Z')
  if (schema.pattern?.includes('{26}')) return fc.constant(`crt_${'0'.repeat(26)}`)
  return fc.constantFrom('acme', 'production', 'text')
}
