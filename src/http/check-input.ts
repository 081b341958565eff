import { z } from 'zod'
import { cleanText, isStorable } from '../clean-text.ts'
import { describeIssue } from '../contract/describe-issue.ts'
import { findFieldErrorCode } from '../contract/field-error-codes.ts'
import type { Operation } from '../contract/operation.ts'
import type { InputPlace } from '../contract/problem.ts'
import { PosternError } from '../errors.ts'
import { findNearest } from '../find-nearest.ts'
import { findUnknownFields, type UnknownField } from './find-unknown-fields.ts'
import { InputError, type Misfit } from './input-error.ts'

/** As many parts are looked for. */
const maxListed = 50

const maxDepth = 32

/** A value of the input, and what it is in. */
interface Place {
  value: unknown
  name: string
  parent: Place | undefined
  depth: number
}

/**
 * Rejects input that no schema needs to consider: text that no store keeps, and excessive nesting. It checks
 * names too, and does not recurse, since a body may be nested deeper than the stack.
 */
export function assertPlain(input: unknown, where: InputPlace): void {
  const waiting: Place[] = [{ value: input, name: '', parent: undefined, depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, depth } = next
    const place = next
    const refuse = (code: Misfit['code'], rule: string) =>
      new InputError(where, [{ path: pathTo(place), code, rule }])
    if (typeof value === 'string' && !isStorable(value))
      throw refuse('unsupported_text', 'holds NUL or half of a surrogate pair')
    if (typeof value !== 'object' || value === null) continue
    if (depth >= maxDepth) throw refuse('too_deep', `is nested deeper than ${maxDepth} levels`)
    for (const [name, inner] of Object.entries(value)) {
      if (!isStorable(name)) throw refuse('unsupported_text', 'has a name that is no text')
      waiting.push({ value: inner, name, parent: place, depth: depth + 1 })
    }
  }
}

/** The path to a value, up to the first name that no schema could contain: an error does not repeat that. */
function pathTo(place: Place): string[] {
  const path: string[] = []
  for (let at = place; at.parent !== undefined; at = at.parent) path.unshift(at.name)
  const end = path.findIndex((name) => !/^\w{1,64}$/.test(name))
  return end === -1 ? path : path.slice(0, end)
}

/**
 * The input as its schema reads it; an operation without a schema takes nothing there. Throws `InputError` also for
 * members that the schema does not have, at every depth: a misspelled optional field would otherwise be left out in
 * silence. The sentences name fields and rules, never values.
 */
export function checkInput<S extends z.ZodType>(
  schema: S | undefined,
  given: unknown,
  place: InputPlace,
): z.output<S> | undefined {
  assertPlain(given, place)
  const input = place === 'query' && schema instanceof z.ZodObject ? splitLists(schema, given) : given
  const unknown = findUnknownFields(schema ?? z.object({}), input)
    .slice(0, maxListed)
    .map((each) => describeUnknown(each, place))
  if (schema === undefined) {
    assertNothing(input, unknown, place)
    return undefined
  }
  const repeated = place === 'query' ? findRepeated(given) : []
  const result = schema.safeParse(input)
  if (input === undefined && !result.success) throw new InputError(place, [missing])
  if (result.success && unknown.length === 0 && repeated.length === 0) return result.data
  const named = new Set(repeated.map(({ path }) => path[0]))
  const misfits = (result.error?.issues ?? [])
    .map((issue) => ({
      path: issue.path.map(String),
      code: findFieldErrorCode(issue),
      rule: describeIssue(issue),
    }))
    .filter(({ path }) => !named.has(path[0]))
  throw new InputError(place, [...unknown, ...repeated, ...misfits])
}

/** Returns the path parameters of an operation; an identifier of the wrong form is like one that does not exist. */
export function checkParams(
  { params: schema }: Pick<Operation, 'params'>,
  params: unknown,
): Record<string, string> | undefined {
  try {
    return checkInput(schema, params, 'path') as Record<string, string> | undefined
  } catch {
    throw new PosternError('not_found', 'There is nothing here, or nothing that you may see.')
  }
}

const missing: Misfit = {
  path: [],
  code: 'required',
  rule: 'is missing: send JSON with the header Content-Type: application/json',
}

function assertNothing(input: unknown, unknown: Misfit[], place: InputPlace): void {
  if (unknown.length > 0) throw new InputError(place, unknown)
  const isNothing =
    input === undefined || input === null || (typeof input === 'object' && Object.keys(input).length === 0)
  if (!isNothing) throw unexpectedBody()
}

/** Returns the error for a body of an operation that takes none. */
export const unexpectedBody = (): InputError =>
  new InputError('body', [
    { path: [], code: 'unexpected_body', rule: 'is not read by this operation: send none' },
  ])

/** A query with its lists split at the commas. */
function splitLists({ shape }: z.ZodObject, query: unknown): unknown {
  if (typeof query !== 'object' || query === null) return query
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [
      name,
      typeof value === 'string' && isList(shape[name]) ? value.split(',') : value,
    ]),
  )
}

const isList = (schema: unknown): boolean =>
  schema instanceof z.ZodArray || (schema instanceof z.ZodOptional && isList(schema.unwrap()))

/** Names that a query gives more than once: which of the values would count is anyone's guess. */
const findRepeated = (query: unknown): Misfit[] =>
  Object.entries((query ?? {}) as object)
    .filter(([, value]) => Array.isArray(value))
    .map(([name, values]) => ({
      path: [name],
      code: 'repeated',
      rule: `is given ${values.length} times: give it once`,
    }))

/** What a name is called where it stands. */
const kinds = {
  body: 'field',
  path: 'part of the path',
  query: 'query parameter',
  header: 'header',
} as const satisfies Record<InputPlace, string>
const maxNameLength = 64
/** So many names are offered where none is near. */
const maxOffered = 12

function describeUnknown({ parents, name, known }: UnknownField, place: InputPlace): Misfit {
  const pathOf = (last: string) => [...parents, last].join('.')
  const kind = kinds[place]
  const shown = cleanText(name, maxNameLength)
  const path = [...parents, shown.length < name.length ? `${shown}…` : shown]
  const refuse = (rule: string): Misfit => ({
    path,
    code: place === 'body' ? 'unknown_member' : 'unknown_parameter',
    rule,
  })
  const nearest = findNearest(name, known)
  if (nearest !== undefined) return refuse(`is not a ${kind}. Did you mean \`${pathOf(nearest)}\`?`)
  if (known.length === 0) return refuse(`is not a ${kind}: this operation has none.`)
  const offered = known.slice(0, maxOffered).map((each) => `\`${pathOf(each)}\``)
  const more = known.length > offered.length ? ' and others' : ''
  return refuse(`is not a ${kind}. There are ${offered.join(', ')}${more}.`)
}
