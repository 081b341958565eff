import { z } from 'zod'

type Schema = z.core.JSONSchema.BaseSchema
type Members = Record<string, unknown>

/** Texts of which one fits each pattern of the contract. */
const texts = ['acme', 'GB', 'acme.example', 'f'.repeat(32), 'f'.repeat(64), '0a']

/** The pattern of an ID: the prefix of its kind and 26 characters. */
const id = /^\^([a-z]+_)\[0-9a-z\]\{26\}\$$/

interface Options {
  /** Added to each object that has members of its own. */
  more?: Members
  onlyRequired?: boolean
}

/** A value that fits `schema` as it is sent or answered, with every optional member unless only required ones are wanted. */
export function makeFitting(schema: z.ZodType, io: 'input' | 'output', options: Options = {}): unknown {
  const root = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return make(root, { root, ...options })
}

interface Making extends Options {
  root: Schema
}

function make(schema: Schema, making: Making): unknown {
  const name = /^#\/\$defs\/(.+)$/.exec(schema.$ref ?? '')?.[1]
  if (name !== undefined) return make(making.root.$defs?.[name] as Schema, making)
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return make(choices[0] as Schema, making)
  if (schema.allOf !== undefined)
    return Object.assign({}, ...schema.allOf.map((part) => make(part as Schema, making)))
  if (schema.type === 'object') return makeObject(schema, making)
  if (schema.type === 'array')
    return Array.from({ length: schema.minItems ?? 1 }, () => make(schema.items as Schema, making))
  if (schema.type === 'null') return null
  if (schema.type === 'boolean') return true
  if (schema.type === 'integer' || schema.type === 'number') return Math.max(1, schema.minimum ?? 0)
  return makeText(schema)
}

function makeObject(schema: Schema, making: Making): Members {
  const { additionalProperties: others } = schema
  if (schema.properties === undefined)
    return { anything: typeof others === 'object' && others.type === 'string' ? 'text' : 1 }
  const own = Object.entries(schema.properties)
    .filter(([name]) => !making.onlyRequired || schema.required?.includes(name))
    .map(([name, part]) => [name, make(part as Schema, making)])
  // An object that takes further members itself is left as it is.
  const takesMore = typeof schema.additionalProperties === 'object'
  return { ...Object.fromEntries(own), ...(takesMore ? {} : making.more) }
}

function makeText({ format, pattern, examples, minLength = 0, maxLength = 100 }: Schema): string {
  if (typeof examples?.[0] === 'string') return examples[0]
  if (format === 'date-time') return '2027-01-01T00:00:00.000Z'
  if (format === 'email') return 'a@acme.example'
  if (format === 'uri') return 'https://login.acme.example'
  const [, prefix] = id.exec(pattern ?? '') ?? []
  if (prefix !== undefined) return prefix + '0'.repeat(26)
  const fitting = pattern === undefined ? 'text' : texts.find((text) => new RegExp(pattern).test(text))
  if (fitting === undefined) throw new Error(`No text is known that fits ${pattern}`)
  return fitting.padEnd(minLength, 'x').slice(0, maxLength)
}
