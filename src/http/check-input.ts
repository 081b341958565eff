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

/** The input as its schema reads it. Throws `InputError`; the sentences name fields and rules, never values. */
export function checkInput<S extends z.ZodType>(
  schema: S | undefined,
  input: unknown,
): z.output<S> | undefined {
  if (schema === undefined) return undefined
  const result = schema.safeParse(input ?? {})
  if (result.success) return result.data
  throw new InputError(
    result.error.issues.map((issue) => ({ path: issue.path.join('.'), problem: sentenceOf(issue) })),
  )
}

function sentenceOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_big') return `is longer or larger than ${issue.maximum}`
  if (issue.code === 'too_small') return `is shorter or smaller than ${issue.minimum}`
  if (issue.code === 'invalid_type') return `must be ${issue.expected}`
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`
  return issue.message.toLowerCase()
}
