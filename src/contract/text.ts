import { z } from 'zod'
import { findTextProblem } from './text-problem.ts'

/** Spaces of any width are one space: nobody can tell them apart. */
const withPlainSpaces = (text: string) =>
  text
    .normalize('NFC')
    .replaceAll(/\p{Zs}+/gu, ' ')
    .trim()

/** Refuses what people cannot see, or what hides the text around it. */
const legible = (schema: z.ZodString) =>
  schema.superRefine((text, context) => {
    const problem = findTextProblem(text)
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem, input: text })
  })

/**
 * One line that one person types and others read: in Unicode normal form C, without spaces at its ends, every run
 * of spaces as one, without characters that cannot be seen, at most `most` UTF-16 units. Joiners pass in the
 * scripts that spell with them.
 */
export const line = (most: number) => legible(z.string().overwrite(withPlainSpaces).max(most))

/** The same for a value that a program compares: the spaces inside it stay as they are. */
export const exactLine = (most: number) => legible(z.string().normalize('NFC').trim().max(most))

/** What somebody looks for: in Unicode normal form C, as what is looked through. */
export const searchText = z.string().max(200).normalize('NFC')
