type Json = Record<string, unknown>
type Direction = 'input' | 'output'

/** A place in the API, and whether it is sent or answered. */
interface At {
  place: string
  io: Direction
}

interface Comparison {
  /** The components of both documents. */
  old: Json
  now: Json
  breaks: string[]
  /** Pairs that have been compared: schemas may refer to each other. */
  seen: Set<string>
}

/**
 * Names every change from one OpenAPI document to another that can break a client of the first: one sentence for each,
 * which begins with the operation. Additions to answers, and values that a list in an answer gains, break nothing.
 */
export function findBreakingChanges(old: Json, now: Json): string[] {
  const comparison: Comparison = { old: schemasOf(old), now: schemasOf(now), breaks: [], seen: new Set() }
  const operations = listOperations(now)
  for (const [name, operation] of listOperations(old)) {
    const other = operations.get(name)
    if (other === undefined) comparison.breaks.push(`${name}: the operation is gone`)
    else compareOperations(comparison, name, operation, other)
  }
  return [...new Set(comparison.breaks)]
}

const schemasOf = (document: Json): Json => ((document.components as Json)?.schemas ?? {}) as Json

const listOperations = ({ paths }: Json): Map<string, Json> =>
  new Map(
    Object.entries(paths as Record<string, Record<string, Json>>).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
      ),
    ),
  )

function compareOperations(comparison: Comparison, name: string, old: Json, now: Json): void {
  const { breaks } = comparison
  if (old.operationId !== now.operationId) breaks.push(`${name}: its id is now ${now.operationId}`)
  const needsMore = (now.security as unknown[])?.length > 0 && (old.security as unknown[])?.length === 0
  if (needsMore) breaks.push(`${name}: it now needs a session`)
  compareParameters(comparison, name, (old.parameters ?? []) as Json[], (now.parameters ?? []) as Json[])
  compareBodies(comparison, name, old.requestBody as Json | undefined, now.requestBody as Json | undefined)
  compareAnswers(
    comparison,
    name,
    old.responses as Record<string, Json>,
    now.responses as Record<string, Json>,
  )
}

function compareParameters(comparison: Comparison, name: string, old: Json[], now: Json[]): void {
  const find = (list: Json[], like: Json) => list.find((one) => one.name === like.name && one.in === like.in)
  for (const one of old) {
    const other = find(now, one)
    const place = `${name}: ${one.in} parameter ${one.name}`
    if (other === undefined) comparison.breaks.push(`${place} is gone`)
    else compareSchemas(comparison, { place, io: 'input' }, one.schema as Json, other.schema as Json)
  }
  for (const one of now) {
    if (one.required === true && find(old, one)?.required !== true)
      comparison.breaks.push(`${name}: ${one.in} parameter ${one.name} is now required`)
  }
}

const contentOf = (message: Json | undefined) => (message?.content ?? {}) as Record<string, { schema?: Json }>

function compareBodies(
  comparison: Comparison,
  name: string,
  old: Json | undefined,
  now: Json | undefined,
): void {
  if (old === undefined && now?.required === true) comparison.breaks.push(`${name}: a body is now required`)
  if (old !== undefined && now === undefined) comparison.breaks.push(`${name}: it takes no body any more`)
  if (old === undefined || now === undefined) return
  compareContents(comparison, { place: `${name}: the body`, io: 'input' }, contentOf(old), contentOf(now))
}

type Contents = Record<string, { schema?: Json }>

function compareContents(comparison: Comparison, { place, io }: At, old: Contents, now: Contents): void {
  for (const [type, { schema }] of Object.entries(old)) {
    const other = now[type]
    if (other === undefined) comparison.breaks.push(`${place} is no longer ${type}`)
    else if (schema !== undefined && other.schema !== undefined)
      compareSchemas(comparison, { place, io }, schema, other.schema)
  }
}

function compareAnswers(
  comparison: Comparison,
  name: string,
  old: Record<string, Json>,
  now: Record<string, Json>,
): void {
  for (const [status, answer] of Object.entries(old)) {
    if (Number(status) >= 400) continue
    const other = now[status]
    if (other === undefined) comparison.breaks.push(`${name}: it no longer answers ${status}`)
    else
      compareContents(
        comparison,
        { place: `${name}: the answer`, io: 'output' },
        contentOf(answer),
        contentOf(other),
      )
  }
}

/** A schema without its references and without null, which is apart. */
function resolve(schema: Json, schemas: Json): { name: string; schema: Json; isNullable: boolean } {
  const name = typeof schema.$ref === 'string' ? schema.$ref.replace('#/components/schemas/', '') : ''
  if (name !== '') return { ...resolve((schemas[name] ?? {}) as Json, schemas), name }
  const choices = (schema.anyOf ?? []) as Json[]
  const others = choices.filter(({ type }) => type !== 'null')
  if (others.length === 1 && others.length < choices.length)
    return { ...resolve(others[0] as Json, schemas), isNullable: true }
  const types = Array.isArray(schema.type) ? schema.type : [schema.type]
  const type = types.filter((one) => one !== 'null').join(' or ')
  return { name, schema: { ...schema, type }, isNullable: types.includes('null') }
}

function compareSchemas(comparison: Comparison, { place, io }: At, before: Json, after: Json): void {
  const { breaks, seen } = comparison
  const old = resolve(before, comparison.old)
  const now = resolve(after, comparison.now)
  const pair = `${io} ${old.name} ${now.name} ${place.split(':')[0]}`
  if (old.name !== '' && seen.has(pair)) return
  seen.add(pair)
  if (io === 'input' && old.isNullable && !now.isNullable) breaks.push(`${place} no longer takes null`)
  if (io === 'output' && !old.isNullable && now.isNullable) breaks.push(`${place} may now be null`)
  if (old.schema.type !== now.schema.type) {
    breaks.push(`${place} was ${old.schema.type || 'open'} and is ${now.schema.type || 'open'}`)
    return
  }
  compareValues(comparison, { place, io }, old.schema, now.schema)
  compareMembers(comparison, { place, io }, old.schema, now.schema)
  if (old.schema.items !== undefined && now.schema.items !== undefined)
    compareSchemas(
      comparison,
      { place: `${place}[]`, io },
      old.schema.items as Json,
      now.schema.items as Json,
    )
  compareVariants(comparison, { place, io }, old.schema, now.schema)
}

const valuesOf = (schema: Json): unknown[] | undefined =>
  (schema.enum as unknown[] | undefined) ?? (schema.const === undefined ? undefined : [schema.const])

/** Lower bounds may not rise and upper bounds may not fall: what was taken would be refused. */
const bounds = [
  ...['minLength', 'minItems', 'minimum'].map((name) => ({
    name,
    isNarrower: (old = 0, now = 0) => now > old,
  })),
  ...['maxLength', 'maxItems', 'maximum'].map((name) => ({
    name,
    isNarrower: (old = Number.POSITIVE_INFINITY, now = Number.POSITIVE_INFINITY) => now < old,
  })),
]

function compareValues({ breaks }: Comparison, { place, io }: At, old: Json, now: Json): void {
  if (io === 'output') {
    if (old.const !== undefined && old.const !== now.const)
      breaks.push(`${place} is no longer always ${old.const}`)
    return
  }
  const values = valuesOf(now)
  const gone = (valuesOf(old) ?? []).filter((value) => values !== undefined && !values.includes(value))
  if (gone.length > 0) breaks.push(`${place} no longer takes ${gone.join(', ')}`)
  if (valuesOf(old) === undefined && values !== undefined)
    breaks.push(`${place} takes only ${values.join(', ')}`)
  for (const { name, isNarrower } of bounds)
    if (isNarrower(old[name] as number | undefined, now[name] as number | undefined))
      breaks.push(`${place} has ${name} ${now[name]}`)
  if (now.pattern !== undefined && old.pattern !== now.pattern) breaks.push(`${place} has another pattern`)
}

function compareMembers(comparison: Comparison, { place, io }: At, old: Json, now: Json): void {
  const { breaks } = comparison
  const members = (now.properties ?? {}) as Record<string, Json>
  const required = { old: (old.required ?? []) as string[], now: (now.required ?? []) as string[] }
  for (const [name, member] of Object.entries((old.properties ?? {}) as Record<string, Json>)) {
    const other = members[name]
    if (other === undefined) breaks.push(`${place} has no ${name} any more`)
    else compareSchemas(comparison, { place: `${place}.${name}`, io }, member, other)
    if (io === 'output' && other !== undefined && required.old.includes(name) && !required.now.includes(name))
      breaks.push(`${place}.${name} may be left out`)
  }
  if (io === 'output') return
  for (const name of required.now)
    if (!required.old.includes(name)) breaks.push(`${place}.${name} is now required`)
}

function compareVariants(comparison: Comparison, { place, io }: At, old: Json, now: Json): void {
  const variants = (schema: Json) => (schema.oneOf ?? schema.anyOf ?? []) as Json[]
  for (const [index, variant] of variants(old).entries()) {
    const like = variants(now).find(({ $ref }) => $ref !== undefined && $ref === variant.$ref)
    const other = like ?? (variant.$ref === undefined ? variants(now)[index] : undefined)
    const name = String(variant.$ref ?? index).replace('#/components/schemas/', '')
    if (other !== undefined) compareSchemas(comparison, { place: `${place} (${name})`, io }, variant, other)
    else if (io === 'input') comparison.breaks.push(`${place} no longer takes ${name}`)
  }
}
