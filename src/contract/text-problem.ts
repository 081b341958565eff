import { hasHiddenCharacters } from './hidden-characters.ts'

/** The most marks in a row: more than any living script sets on one letter, fewer than cover the lines around it. */
const mostMarks = 4
const stackedMarks = new RegExp(`\\p{M}{${mostMarks + 1},}`, 'u')
/** A mark joins what stands before it: at the start of a text that is the text around it. */
const looseMark = /(?:^|\s)\p{M}/u

/**
 * Why a text in Unicode normal form C would mislead the people who read it, as the end of a sentence about it;
 * nothing where it would not.
 */
export function findTextProblem(text: string): string | undefined {
  if (hasHiddenCharacters(text))
    return 'holds characters that cannot be seen, such as a line break, a control character or a direction mark'
  if (stackedMarks.test(text)) return `has more than ${mostMarks} combining marks in a row`
  if (looseMark.test(text)) return 'has a combining mark without a letter before it'
  return undefined
}
