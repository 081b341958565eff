import { isDeepStrictEqual } from 'node:util'
import { PosternError } from '../../src/errors.ts'
import { join } from './element-tree.ts'
import type { FuzzReader } from './fuzz-readers.ts'

/** The time limit for any input of less than a mebibyte. */
export const maxWaitMs = 2000

/**
 * Reads `input` twice, the second time from the middle of a larger buffer. Returns the problem: an error
 * other than `PosternError`, a different second result, a changed input, a broken rule, or too long a time;
 * undefined if there is none.
 */
export async function findProblem(reader: FuzzReader, input: Uint8Array): Promise<string | undefined> {
  const padded = join([Uint8Array.of(0x30, 0x80), input, Uint8Array.of(0x30, 0)])
  const inside = padded.subarray(2, 2 + input.length)
  const start = performance.now()
  const first = await answer(reader, input)
  const milliseconds = performance.now() - start
  const second = await answer(reader, inside)
  if (first.error && !(first.error instanceof PosternError)) return describe(first.error)
  if (!isSameAnswer(first, second)) return 'it does not answer the same again'
  if (!isDeepStrictEqual(input, Uint8Array.from(inside))) return 'it changes its input'
  if (milliseconds > maxWaitMs) return `it takes ${Math.round(milliseconds)} ms`
  return first.error ? undefined : findBrokenLaw(reader, first.result, input)
}

interface Answer {
  result?: unknown
  error?: unknown
}

async function answer({ read }: FuzzReader, input: Uint8Array): Promise<Answer> {
  try {
    const result = read(input)
    return { result: result instanceof Promise ? await result : result }
  } catch (error) {
    return { error }
  }
}

function isSameAnswer(a: Answer, b: Answer): boolean {
  if (a.error instanceof Error && b.error instanceof Error) return a.error.message === b.error.message
  return isDeepStrictEqual(a, b)
}

function findBrokenLaw(reader: FuzzReader, result: unknown, input: Uint8Array): string | undefined {
  try {
    return reader.findBrokenLaw?.(result as never, input)
  } catch (error) {
    return `checking its laws: ${describe(error)}`
  }
}

/**
 * Describes an error without numbers, so that the same defect has the same description, and with the source
 * location.
 */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const place = error.stack?.split('\n').find((line) => line.includes('file:'))
  return `${error.name}: ${error.message.replaceAll(/\d+/g, '#')} ${place?.trim() ?? ''}`
}
