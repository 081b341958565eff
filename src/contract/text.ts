import { z } from 'zod'
import { findTextProblem } from './text-problem.ts'

/** Replaces spaces of any width by plain spaces, since readers cannot tell them apart. */
const withPlainSpaces = (text: string) =>
  text
    .normalize('NFC')
    .replaceAll(/\p{Zs}+/gu, ' ')
    .trim()

/** Adds a check that rejects hidden characters and marks that cover the text around them. */
const legible = (schema: z.ZodString) =>
  schema.superRefine((text, context) => {
    const problem = findTextProblem(text)
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem, input: text })
  })

/**
 * Returns the schema of one line that one user types and others read: in Unicode normal form C, trimmed,
 * every run of spaces as one, without hidden characters, at most `most` UTF-16 units. Joiners are allowed in
 * the scripts that spell with them.
 */
export const line = (most: number) => legible(z.string().overwrite(withPlainSpaces).max(most))

/**
 * Returns the schema of a line that a program compares: like `line`, but spaces inside it stay as they are.
 */
export const exactLine = (most: number) => legible(z.string().normalize('NFC').trim().max(most))

/** A search term: in Unicode normal form C, like the text that is searched. */
export const searchText = z.string().max(200).normalize('NFC')
