import { z } from 'zod'
import { cleanText } from '../clean-text.ts'
import { describeIssue } from '../contract/describe-issue.ts'
import { PosternError } from '../errors.ts'
import { findNearest } from '../find-nearest.ts'
import { findUnknownFields, type UnknownField } from './find-unknown-fields.ts'

/** An input field that was refused. `problem` is a sentence that begins with the path. */
interface RefusedField {
  path: string
  problem: string
}

/** A sentence names at most so many fields, and at most so many are listed beside it. */
const maxInSentence = 5
const maxListed = 50

/** An input that does not match its schema: `bad_request` with the rejected fields. */
export class InputError extends PosternError {
  readonly fields: RefusedField[]

  constructor(misfits: RefusedField[], unknown: RefusedField[] = []) {
    const sentences = unknown.slice(0, maxInSentence).map(({ path, problem }) => `\`${path}\` ${problem}`)
    super('bad_request', [...sentences, ...sentenceOfMisfits(misfits)].join(' '))
    this.fields = [...unknown, ...misfits].slice(0, maxListed)
  }
}

function sentenceOfMisfits(misfits: RefusedField[]): string[] {
  if (misfits.length === 0) return []
  const named = misfits.map(({ path, problem }) => `${path || 'the body'} ${problem}`).slice(0, maxInSentence)
  return [`Some input was not accepted: ${named.join('; ')}.`]
}

const maxDepth = 32
/** NUL, which PostgreSQL does not store in texts, and half of a surrogate pair, which UTF-8 cannot encode. */
const unstorable = /[\0\p{Cs}]/u

/**
 * Rejects input that no schema needs to consider: text that no store keeps, and excessive nesting. It checks
 * names too, and does not recurse, since a body may be nested deeper than the stack.
 */
function assertPlain(input: unknown): void {
  const waiting: { value: unknown; path: string; depth: number }[] = [{ value: input, path: '', depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, path, depth } = next
    if (typeof value === 'string' && unstorable.test(value))
      throw new InputError([{ path, problem: 'holds NUL or half of a surrogate pair' }])
    if (typeof value !== 'object' || value === null) continue
    if (depth >= maxDepth)
      throw new InputError([{ path, problem: `is nested deeper than ${maxDepth} levels` }])
    for (const [name, inner] of Object.entries(value)) {
      if (unstorable.test(name)) throw new InputError([{ path, problem: 'has a name that is no text' }])
      waiting.push({ value: inner, path: path || nameable(name), depth: depth + 1 })
    }
  }
}

/** Repeats a name in an error only if a schema could contain it. */
const nameable = (name: string): string => (/^\w{1,64}$/.test(name) ? name : '')

/** Where the client has put an input. */
export type InputPlace = 'body' | 'path' | 'query'

/**
 * The input as its schema reads it; an operation without a schema takes nothing there. Throws `InputError` also for
 * members that the schema does not have, at every depth: a misspelled optional field would otherwise be left out in
 * silence. The sentences name fields and rules, never values.
 */
export function checkInput<S extends z.ZodType>(
  schema: S | undefined,
  input: unknown,
  place: InputPlace,
): z.output<S> | undefined {
  assertPlain(input)
  const unknown = findUnknownFields(schema ?? z.object({}), input)
    .slice(0, maxListed)
    .map((each) => describeUnknown(each, place))
  if (schema === undefined) {
    assertNothing(input, unknown)
    return undefined
  }
  const repeated = place === 'query' ? findRepeated(input) : []
  const result = schema.safeParse(input ?? {})
  if (result.success && unknown.length === 0 && repeated.length === 0) return result.data
  const named = new Set(repeated.map(({ path }) => path))
  const misfits = (result.error?.issues ?? [])
    .map((issue) => ({ path: issue.path.join('.'), problem: describeIssue(issue) }))
    .filter(({ path }) => !named.has(path))
  throw new InputError([...repeated, ...misfits], unknown)
}

function assertNothing(input: unknown, unknown: RefusedField[]): void {
  if (unknown.length > 0) throw new InputError([], unknown)
  const isNothing =
    input === undefined || input === null || (typeof input === 'object' && Object.keys(input).length === 0)
  if (!isNothing) throw new InputError([{ path: '', problem: 'is not read by this operation: send none' }])
}

/** Names that a query gives more than once: which of the values would count is anyone's guess. */
const findRepeated = (query: unknown): RefusedField[] =>
  Object.entries((query ?? {}) as object)
    .filter(([, value]) => Array.isArray(value))
    .map(([path, values]) => ({ path, problem: `is given ${values.length} times: give it once` }))

/** What a name is called where it stands. */
const kinds = { body: 'field', path: 'part of the path', query: 'query parameter' } as const satisfies Record<
  InputPlace,
  string
>
const maxNameLength = 64
/** So many names are offered where none is near. */
const maxOffered = 12

function describeUnknown({ parents, name, known }: UnknownField, place: InputPlace): RefusedField {
  const pathOf = (last: string) => [...parents, last].join('.')
  const kind = kinds[place]
  const shown = cleanText(name, maxNameLength)
  const path = pathOf(shown.length < name.length ? `${shown}…` : shown)
  const nearest = findNearest(name, known)
  if (nearest !== undefined)
    return { path, problem: `is not a ${kind}. Did you mean \`${pathOf(nearest)}\`?` }
  if (known.length === 0) return { path, problem: `is not a ${kind}: this operation has none.` }
  const offered = known.slice(0, maxOffered).map((each) => `\`${pathOf(each)}\``)
  const more = known.length > offered.length ? ' and others' : ''
  return { path, problem: `is not a ${kind}. There are ${offered.join(', ')}${more}.` }
}
