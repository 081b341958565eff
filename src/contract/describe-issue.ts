import type { z } from 'zod'
import { formatCount } from './format-count.ts'

/** A sentence names no more values than this. */
const maxNamed = 12

/**
 * Why a value does not fit its schema, as the end of a sentence that begins with the name of the field. It names rules
 * and never the value. The API answers it, and the page shows it beside the field.
 */
export function describeIssue(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_big':
      return `must ${countOf(issue.origin, 'at most', Number(issue.maximum))}`
    case 'too_small':
      if (Number(issue.minimum) === 1 && isCounted(issue.origin)) return 'must not be empty'
      return `must ${countOf(issue.origin, 'at least', Number(issue.minimum))}`
    case 'invalid_type':
      if (issue.message.endsWith('received undefined')) return 'is missing'
      return `must be ${types[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      if (issue.values.length > maxNamed) return 'is not one of those documented'
      return `must be one of ${issue.values.join(', ')}`
    case 'invalid_format':
      return describeFormat(issue)
    default:
      return lowered(issue.message)
  }
}

function describeFormat({ format, message }: { format: string; message: string }): string {
  if (format === 'email') return 'must be an email address'
  if (format === 'datetime') return 'must be a moment in RFC 3339, UTC, such as 2027-03-04T08:00:00Z'
  // A person reads no regular expression.
  if (message.includes('must match pattern')) return 'does not have the documented form'
  return lowered(message)
}

const types: Partial<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'text',
}

const isCounted = (origin: string): boolean => origin === 'string' || origin === 'array'

function countOf(origin: string, bound: string, count: number): string {
  if (origin === 'string') return `have ${bound} ${formatCount(count, 'character')}`
  if (origin === 'array') return `have ${bound} ${count} ${count === 1 ? 'entry' : 'entries'}`
  return `be ${bound} ${count}`
}

const lowered = (message: string): string => message.slice(0, 1).toLowerCase() + message.slice(1)
