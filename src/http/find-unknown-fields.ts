import type { z } from 'zod'

/** A member of the input that its schema does not have. */
export interface UnknownField {
  /** Where the member is: the names and indexes above it. */
  parents: string[]
  name: string
  /** The members that its schema has there. */
  known: string[]
}

interface Definition {
  type: string
  innerType?: unknown
  in?: unknown
  shape?: Record<string, unknown>
  catchall?: { def: { type: string } }
  element?: unknown
  valueType?: unknown
  items?: unknown[]
  options?: unknown[]
  discriminator?: string
}

/** Without the layers that make a schema optional, nullable or another value afterwards. */
function unwrap(schema: unknown): Definition {
  const definition = (schema as { def: Definition }).def
  const inner = definition.innerType ?? definition.in
  return inner === undefined ? definition : unwrap(inner)
}

/**
 * Members of `input` that no object of `schema` has, at every depth, in the order of the input. Objects that
 * take any further member, and records, have none. The schema is as deep as it is written, so the input cannot make
 * this go deeper.
 */
export function findUnknownFields(schema: z.ZodType, input: unknown): UnknownField[] {
  const found: UnknownField[] = []
  visit(unwrap(schema), input, [], found)
  return found
}

function visit(definition: Definition, value: unknown, parents: string[], found: UnknownField[]): void {
  if (typeof value !== 'object' || value === null) return
  if (definition.type === 'union') visitUnion(definition, value, parents, found)
  else if (Array.isArray(value)) {
    value.forEach((each, index) => {
      const item = definition.element ?? definition.items?.[index]
      if (item !== undefined) visit(unwrap(item), each, [...parents, String(index)], found)
    })
  } else if (definition.type === 'object') visitObject(definition, value, parents, found)
  else if (definition.type === 'record') {
    for (const [name, inner] of Object.entries(value))
      visit(unwrap(definition.valueType), inner, [...parents, name], found)
  }
}

/** Compares the value with the variant that it names, or that it fits best. */
function visitUnion(
  { options = [], discriminator = '' }: Definition,
  value: object,
  parents: string[],
  found: UnknownField[],
): void {
  const variants = options.map(unwrap)
  const tag = Object.hasOwn(value, discriminator)
    ? (value as Record<string, unknown>)[discriminator]
    : undefined
  const named = variants.filter(({ shape = {} }) => getValues(shape[discriminator]).has(tag))
  const unknown = (named.length > 0 ? named : variants).map((variant) => {
    const ofVariant: UnknownField[] = []
    visit(variant, value, parents, ofVariant)
    return ofVariant
  })
  unknown.sort((a, b) => a.length - b.length)
  found.push(...(unknown[0] ?? []))
}

const getValues = (schema: unknown): ReadonlySet<unknown> =>
  (schema as { _zod?: { values?: ReadonlySet<unknown> } } | undefined)?._zod?.values ?? new Set()

function visitObject(
  { shape = {}, catchall }: Definition,
  value: object,
  parents: string[],
  found: UnknownField[],
): void {
  const takesOthers = catchall !== undefined && catchall.def.type !== 'never'
  for (const [name, inner] of Object.entries(value)) {
    // The names that every object inherits are no members of a schema.
    if (Object.hasOwn(shape, name)) visit(unwrap(shape[name]), inner, [...parents, name], found)
    else if (!takesOthers) found.push({ parents, name, known: Object.keys(shape) })
  }
}
