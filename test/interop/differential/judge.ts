import { PosternError } from '../../../src/errors.ts'

/** What a reader reports about a value, in terms that all readers of that kind share. */
export type Details = Record<string, string>

/** A reader; it throws for a value that it rejects. */
export type Judge = (der: Uint8Array) => Details | Promise<Details>

/** One disagreement between Postern and another reader. */
export interface Difference {
  /**
   * `refused: …` with Postern's reason, `taken` if the other rejects, or `read: …` with the term in question.
   */
  what: string
  postern: string
  other: string
}

/**
 * Returns the disagreements of two readers: whether the value is readable, or what both report differently.
 */
export async function findDifferences(postern: Judge, other: Judge, der: Uint8Array): Promise<Difference[]> {
  const [ours, theirs] = [await ask(postern, der), await ask(other, der)]
  if (ours instanceof Error)
    return theirs instanceof Error
      ? []
      : [{ what: `refused: ${nameProblem(ours)}`, postern: ours.message, other: 'taken' }]
  if (theirs instanceof Error) return [{ what: 'taken', postern: 'taken', other: theirs.message }]
  return Object.keys(ours)
    .filter((word) => theirs[word] !== undefined && theirs[word] !== ours[word])
    .map((word) => ({
      what: `read: ${word}`,
      postern: ours[word] as string,
      other: theirs[word] as string,
    }))
}

/** Returns whether a reader accepts the value. */
export async function takes(judge: Judge, der: Uint8Array): Promise<boolean> {
  return !((await ask(judge, der)) instanceof Error)
}

async function ask(judge: Judge, der: Uint8Array): Promise<Details | Error> {
  try {
    return await judge(der)
  } catch (error) {
    return error as Error
  }
}

/** Returns the middle part of the error for unreadable input, or the code of another error. */
function nameProblem(error: Error): string {
  const [, problem] = /^[^:]*(?:cannot be read|cannot be used): (.*?)\. /.exec(error.message) ?? []
  return problem ?? (error instanceof PosternError ? error.code : error.message)
}
