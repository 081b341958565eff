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
  if (definition.type === 'array' && Array.isArray(value)) {
    const element = unwrap(definition.element)
    value.forEach((each, index) => {
      visit(element, each, [...parents, String(index)], found)
    })
  } else if (definition.type === 'object' && !Array.isArray(value)) {
    visitObject(definition, value, parents, found)
  }
}

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
