import type { z } from 'zod'
import { describeIssue } from '../../../src/contract/describe-issue.ts'
import type { ApiError } from './api-error.ts'

/** The fields of parts of the body that a person fills in under another name: `{ jwks: 'keys' }`. */
export type FieldNames = Readonly<Record<string, string>>

/** A sentence for each field that is not accepted. */
export type FieldProblems = Record<string, string>

/** What of `body` does not fit its schema, as a sentence for each field; the first where there are several. */
export function findMisfits(schema: z.ZodType, body: unknown, names: FieldNames): FieldProblems {
  const result = schema.safeParse(body)
  return Object.fromEntries(
    // The first problem of a field stays: it is written last.
    (result.error?.issues ?? [])
      .map((issue) => [toField(issue.path.map(String), names), toSentence(describeIssue(issue))])
      .reverse(),
  )
}

/** What the API did not accept of a body, as a sentence for each field. */
export const findRefused = ({ errors }: Pick<ApiError, 'errors'>, names: FieldNames): FieldProblems =>
  Object.fromEntries(
    errors
      .filter((error) => error.in === 'body')
      .map(({ pointer, message }) => [toField(readPointer(pointer), names), message])
      .reverse(),
  )

/** Reads a JSON Pointer (RFC 6901, section 4). */
const readPointer = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))

/** The field that a part of the body is filled in with: a list and what is in it are one field. */
function toField(path: string[], names: FieldNames): string {
  for (let length = path.length; length > 0; length--) {
    const part = path.slice(0, length).join('.')
    if (Object.hasOwn(names, part)) return names[part] as string
  }
  return path[0] ?? ''
}

const toSentence = (problem: string): string => {
  const text = problem.slice(0, 1).toUpperCase() + problem.slice(1)
  return /[.?]$/.test(text) ? text : `${text}.`
}
