import type { HelpCase } from './help-case.ts'
import { findCaseByCode, findCaseById } from './help-cases.ts'
import { generalSigns, type MessageSign, specificSigns } from './message-signs.ts'

const maxCharacters = 5000
const code = /\b[a-z]+(?:_[a-z0-9]+)+\b/g
const traceId = /(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/

/**
 * Returns the help cases for a pasted message of a program, the most likely first. A code of the gateway or
 * of the API in it decides alone, since the program has printed the response.
 */
export function findCasesByMessage(message: string): HelpCase[] {
  const pasted = message.slice(0, maxCharacters)
  const coded = [...pasted.toLowerCase().matchAll(code)].map(([word]) => findCaseByCode(word))
  const found = unique(coded)
  if (found.length > 0) return found
  const text = normalizeMessage(pasted)
  const specific = findSigned(text, specificSigns)
  return unique((specific.length > 0 ? specific : findSigned(text, generalSigns)).map(findCaseById))
}

/** Returns the trace ID in a pasted message, or undefined. */
export const findTraceId = (message: string): string | undefined =>
  traceId.exec(message.slice(0, maxCharacters).toLowerCase())?.[0]

/**
 * Returns a message without what differs from machine to machine: quotation marks, codes in hex, addresses,
 * paths, file names and line numbers. All other punctuation becomes one space, so that `KEY_VALUES_MISMATCH`
 * reads as `key values mismatch`.
 */
export function normalizeMessage(message: string): string {
  return (
    message
      .toLowerCase()
      .replaceAll(/["'`‘’“”]/g, '')
      .replaceAll(/https?:\/\/\S+/g, ' ')
      .replaceAll(/\berror:[0-9a-f]{6,}:/g, ' ')
      .replaceAll(/\b0x([0-9a-f]+)\b/g, '$1')
      .replaceAll(/\(?_ssl\.c:\d+\)?/g, ' ')
      .replaceAll(/\b[a-z]:\\[\w\\ .@-]*\.(?:pem|key|crt|cer|p12|pfx)\b/g, ' ')
      .replaceAll(/[^\s:]*\.(?:pem|key|crt|cer|p12|pfx|c|py|js|java|go|rb|php|cs)\b(?::\d+)*/g, ' ')
      // Its exit code; a version has more numbers.
      .replaceAll(/\bcurl:? \(?(\d{1,2})\)?(?![\d.])/g, 'curl exit $1 ')
      .replaceAll(/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, ' ')
      .replaceAll(/[^\p{L}\p{N}?]+/gu, ' ')
      .trim()
  )
}

const findSigned = (text: string, signs: readonly MessageSign[]): string[] =>
  signs
    .filter(({ says }) =>
      says.some((each) => (typeof each === 'string' ? text.includes(each) : each.test(text))),
    )
    .flatMap(({ cases }) => cases)

const unique = (cases: readonly (HelpCase | undefined)[]): HelpCase[] => [
  ...new Set(cases.filter((each) => each !== undefined)),
]
