import { PosternError } from '../../../src/errors.ts'

/** What a reader says of a thing, by words that all readers of that kind of thing share. */
export type Facts = Record<string, string>

/** A reader; it throws at what it does not take. */
export type Judge = (der: Uint8Array) => Facts | Promise<Facts>

/** One disagreement between Postern and another reader. */
export interface Difference {
  /** `refused: …` with Postern's reason, `taken` where the other refuses, or `read: …` with the word in question. */
  what: string
  postern: string
  other: string
}

/** What two readers disagree about: whether it can be read, or what it says where both tell. */
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

/** Whether a reader takes it. */
export async function takes(judge: Judge, der: Uint8Array): Promise<boolean> {
  return !((await ask(judge, der)) instanceof Error)
}

async function ask(judge: Judge, der: Uint8Array): Promise<Facts | Error> {
  try {
    return await judge(der)
  } catch (error) {
    return error as Error
  }
}

/** The middle of a sentence about what cannot be read, or the code of another refusal. */
function nameProblem(error: Error): string {
  const [, problem] = /^[^:]*(?:cannot be read|cannot be used): (.*?)\. /.exec(error.message) ?? []
  return problem ?? (error instanceof PosternError ? error.code : error.message)
}
