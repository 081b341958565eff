import { z } from 'zod'

/** Whether a schema describes what a client sends or what it gets. */
export type Direction = 'input' | 'output'
export type Json = Record<string, unknown>
type JsonSchema = z.core.JSONSchema.BaseSchema

/**
 * Returns the JSON Schema of `schema` as generators of clients understand it. Schemas with an id are collected once in
 * `components`. Throws if two schemas have one id and differ.
 */
export function describeSchema(schema: z.ZodType, io: Direction, components: Json): Json {
  const {
    $defs = {},
    $schema: _,
    ...own
  } = z.toJSONSchema(schema, {
    io,
    override: ({ zodSchema, jsonSchema }) => {
      describeValues(zodSchema, jsonSchema)
      describeOthers(jsonSchema, io)
      if (io === 'output' || isNamed(zodSchema)) describeValueList(jsonSchema)
      if (io === 'input') describeDefault(jsonSchema)
      describeDiscriminator(zodSchema, jsonSchema)
    },
  }) as Json & { $defs?: Json }
  for (const [name, definition] of Object.entries($defs)) keep(components, name, definition)
  const { id, ...shape } = own as Json & { id?: string }
  if (id === undefined) return rewriteReferences(shape) as Json
  keep(components, id, shape)
  return { $ref: `#/components/schemas/${id}` }
}

function keep(components: Json, name: string, definition: unknown): void {
  const described = rewriteReferences(definition)
  components[name] ??= described
  if (JSON.stringify(components[name]) !== JSON.stringify(described))
    throw new Error(`Two schemas of the API have the name ${name}`)
}

/** Formats, as zod names them, of which generators know the rule: a pattern beside it says it a second time. */
const knownFormats = ['datetime', 'email']

/** Leaves out what says nothing to a reader: patterns of known formats, and the range that JavaScript counts in. */
function describeValues(zodSchema: z.core.$ZodType, jsonSchema: JsonSchema): void {
  const { format = '' } = zodSchema._zod.def as { format?: string }
  if (knownFormats.includes(format)) delete jsonSchema.pattern
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}

/**
 * What is said of members that are not named: a request with one is refused, also where its schema does not say so
 * itself, and an answer may get more of them.
 */
function describeOthers(jsonSchema: JsonSchema, io: Direction): void {
  if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
  if (io === 'input' && jsonSchema.properties !== undefined) jsonSchema.additionalProperties ??= false
}

/** Whether a schema is a component, which requests and answers share. */
const isNamed = (zodSchema: z.core.$ZodType): boolean => z.globalRegistry.get(zodSchema)?.id !== undefined

/** Marks a list of values of an answer as one that may grow; generators still get its values of this release. */
function describeValueList(jsonSchema: JsonSchema): void {
  if (jsonSchema.enum !== undefined) jsonSchema['x-extensible-enum'] = jsonSchema.enum
}

/**
 * Says in words what is used where a member is left out. Generators take the keyword `default` for a member that is
 * always there, so that a client would have to send it.
 */
function describeDefault(jsonSchema: JsonSchema): void {
  if (!('default' in jsonSchema)) return
  const used = `Defaults to \`${JSON.stringify(jsonSchema.default)}\`.`
  delete jsonSchema.default
  jsonSchema.description = [jsonSchema.description, used].filter(Boolean).join(' ')
}

/** Names the member that tells the variants of a union apart, and the component of each of its values. */
function describeDiscriminator(zodSchema: z.core.$ZodType, jsonSchema: JsonSchema): void {
  const { discriminator, options = [] } = zodSchema._zod.def as {
    discriminator?: string
    options?: z.ZodObject[]
  }
  if (discriminator === undefined) return
  const mapping = options.flatMap((option) => {
    const { id } = z.globalRegistry.get(option) ?? {}
    const values = [...((option.shape[discriminator] as z.ZodType)._zod.values ?? [])]
    if (id === undefined) throw new Error(`A variant by ${discriminator} has no name: ${values.join(', ')}`)
    return values.map((value) => [String(value), `#/components/schemas/${id}`])
  })
  jsonSchema.discriminator = { propertyName: discriminator, mapping: Object.fromEntries(mapping) }
}

function rewriteReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rewriteReferences)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, entry]) => !(key === 'id' && typeof entry === 'string'))
      .map(([key, entry]) => [
        key,
        key === '$ref' && typeof entry === 'string'
          ? entry.replace('#/$defs/', '#/components/schemas/')
          : rewriteReferences(entry),
      ]),
  )
}
