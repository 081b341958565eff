import type { z } from 'zod'

/** Every rule that a part of a request can break. */
export const fieldErrorCodes = [
  'unknown_member',
  'unknown_parameter',
  'repeated',
  'required',
  'wrong_type',
  'wrong_format',
  'unknown_value',
  'empty',
  'too_short',
  'too_long',
  'too_few',
  'too_many',
  'too_small',
  'too_large',
  'too_deep',
  'unsupported_text',
  'unexpected_body',
  'not_accepted',
] as const

/** One of {@link fieldErrorCodes}. */
export type FieldErrorCode = (typeof fieldErrorCodes)[number]

/** Returns the code of the rule that a value breaks; `not_accepted` for a rule of a single operation. */
export function findFieldErrorCode(issue: z.core.$ZodIssue): FieldErrorCode {
  switch (issue.code) {
    case 'too_big':
      return tooBig[issue.origin] ?? 'too_large'
    case 'too_small':
      if (Number(issue.minimum) === 1 && issue.origin in tooSmall) return 'empty'
      return tooSmall[issue.origin] ?? 'too_small'
    case 'invalid_type':
      return issue.message.endsWith('received undefined') ? 'required' : 'wrong_type'
    case 'invalid_value':
    case 'invalid_union':
      return 'unknown_value'
    case 'invalid_format':
      return 'wrong_format'
    case 'custom':
      // A rule that a schema has beyond its type may name its code.
      return fieldErrorCodes.find((code) => code === issue.params?.code) ?? 'not_accepted'
    default:
      return 'not_accepted'
  }
}

const tooBig: Partial<Record<string, FieldErrorCode>> = { string: 'too_long', array: 'too_many' }
const tooSmall: Partial<Record<string, FieldErrorCode>> = { string: 'too_short', array: 'too_few' }

/** Returns the sentence and the code of a rule that refuses an empty value. */
export const emptiness = (advice?: string) => ({
  message: ['must not be empty', advice].filter(Boolean).join(': '),
  params: { code: 'empty' satisfies FieldErrorCode },
})
