import { z } from 'zod'

/** The number that a dry run has told, with which a request confirms what it does. */
export const expectedCount = (least: number) => z.number().int().min(least).max(1_000_000_000)

/** Returns whether a request either is a dry run or names the number that it expects. */
export const dryRunRule = ({ dryRun, expectedCount: count }: { dryRun?: unknown; expectedCount?: unknown }) =>
  (dryRun === true) === (count === undefined)

export const dryRunProblem =
  'must be there unless dryRun is true: send the count that the dry run told, or dryRun without it'

/** Returns whether the body of a request asks for a dry run. */
export const isDryRun = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && (body as { dryRun?: unknown }).dryRun === true
