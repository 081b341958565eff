import type { FieldErrorCode } from '../contract/field-error-codes.ts'
import type { InputPlace } from '../contract/problem.ts'
import { PosternError } from '../errors.ts'

/** A part of the input that is not accepted. `rule` continues a sentence that begins with the name of the part. */
export interface Misfit {
  path: readonly string[]
  code: FieldErrorCode
  rule: string
}

/** A sentence names at most so many parts, and at most so many are listed beside it. */
const maxInSentence = 5
const maxListed = 50

/**
 * An input that does not match its schema: `bad_request` with the parts that are not accepted. Sentences and pointers
 * name parts and rules, never values.
 */
export class InputError extends PosternError {
  readonly errors: { in: InputPlace; pointer: string; code: FieldErrorCode; message: string }[]

  constructor(place: InputPlace, misfits: readonly Misfit[]) {
    const unknown = misfits.filter(({ code }) => code.startsWith('unknown_') && code !== 'unknown_value')
    const others = misfits.filter((misfit) => !unknown.includes(misfit))
    const sentences = unknown.slice(0, maxInSentence).map(({ path, rule }) => `\`${path.join('.')}\` ${rule}`)
    super('bad_request', [...sentences, ...sentenceOf(place, others)].join(' '))
    this.errors = [...unknown, ...others].slice(0, maxListed).map(({ path, code, rule }) => ({
      in: place,
      pointer: toPointer(path),
      code,
      message: toSentence(rule),
    }))
  }
}

function sentenceOf(place: InputPlace, misfits: readonly Misfit[]): string[] {
  if (misfits.length === 0) return []
  const named = misfits
    .slice(0, maxInSentence)
    .map(({ path, rule }) => `${path.join('.') || `the ${place}`} ${rule}`)
  return [`Some input was not accepted: ${named.join('; ')}.`]
}

/** Formats a JSON Pointer (RFC 6901, section 3). */
const toPointer = (path: readonly string[]): string =>
  path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

const toSentence = (rule: string): string => {
  const text = rule.slice(0, 1).toUpperCase() + rule.slice(1)
  return /[.?]$/.test(text) ? text : `${text}.`
}
