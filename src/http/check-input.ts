import type { z } from 'zod'
import { PosternError } from '../errors.ts'

/** An input that does not fit its schema: `bad_request` with the fields that were refused. */
export class InputError extends PosternError {
  readonly fields: { path: string; problem: string }[]

  constructor(fields: { path: string; problem: string }[]) {
    const named = fields.map(({ path, problem }) => `${path || 'the body'} ${problem}`).slice(0, 5)
    super('bad_request', `Some input was not accepted: ${named.join('; ')}.`)
    this.fields = fields
  }
}

const deepest = 32
/** NUL, which PostgreSQL keeps in no text, and half of a surrogate pair, which UTF-8 cannot write. */
const unstorable = /[\0\p{Cs}]/u

/**
 * Refuses what no schema has to think of: text that no store keeps, and nesting that nothing here has. It looks at
 * names too, and does not call itself: a body may be nested deeper than the stack is.
 */
function assertPlain(input: unknown): void {
  const waiting: { value: unknown; path: string; depth: number }[] = [{ value: input, path: '', depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, path, depth } = next
    if (typeof value === 'string' && unstorable.test(value))
      throw new InputError([{ path, problem: 'holds NUL or half of a surrogate pair' }])
    if (typeof value !== 'object' || value === null) continue
    if (depth >= deepest) throw new InputError([{ path, problem: `is nested deeper than ${deepest} levels` }])
    for (const [name, inner] of Object.entries(value)) {
      if (unstorable.test(name)) throw new InputError([{ path, problem: 'has a name that is no text' }])
      waiting.push({ value: inner, path: path || nameable(name), depth: depth + 1 })
    }
  }
}

/** Names are repeated where a schema could have them. */
const nameable = (name: string): string => (/^\w{1,64}$/.test(name) ? name : '')

/** The input as its schema reads it. Throws `InputError`; the sentences name fields and rules, never values. */
export function checkInput<S extends z.ZodType>(
  schema: S | undefined,
  input: unknown,
): z.output<S> | undefined {
  assertPlain(input)
  if (schema === undefined) return undefined
  const result = schema.safeParse(input ?? {})
  if (result.success) return result.data
  throw new InputError(
    result.error.issues.map((issue) => ({ path: issue.path.join('.'), problem: sentenceOf(issue) })),
  )
}

/** A sentence names no more values than this. */
const mostNamed = 12

function sentenceOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_big') return `is longer or larger than ${issue.maximum}`
  if (issue.code === 'too_small') return `is shorter or smaller than ${issue.minimum}`
  if (issue.code === 'invalid_type') return `must be ${issue.expected}`
  if (issue.code === 'unrecognized_keys') return 'has a field that is not known'
  if (issue.code === 'invalid_value' && issue.values.length > mostNamed)
    return 'is not one of those documented'
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`
  return issue.message.toLowerCase()
}
