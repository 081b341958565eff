import { hasHiddenCharacters } from './hidden-characters.ts'

/**
 * Maximum number of marks in a row: more than any living script sets on one letter, fewer than cover the
 * lines around it.
 */
const maxMarks = 4
const stackedMarks = new RegExp(`\\p{M}{${maxMarks + 1},}`, 'u')
/** A mark joins the character before it. At the start of a text it would join the surrounding text. */
const looseMark = /(?:^|\s)\p{M}/u

/**
 * Returns the reason why a text in Unicode normal form C would mislead its readers, as the end of a sentence
 * about the text. Returns undefined for an acceptable text.
 */
export function findTextProblem(text: string): string | undefined {
  if (hasHiddenCharacters(text))
    return 'holds characters that cannot be seen, such as a line break, a control character or a direction mark'
  if (stackedMarks.test(text)) return `has more than ${maxMarks} combining marks in a row`
  if (looseMark.test(text)) return 'has a combining mark without a letter before it'
  return undefined
}
