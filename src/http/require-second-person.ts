import type { SecondPersonArea } from '../contract/confirmation.ts'
import type { Operation } from '../contract/operation.ts'
import { PosternError } from '../errors.ts'

/** The areas in which a second operator has to confirm what one does. */
export type SecondPersonAreas = Pick<ReadonlySet<SecondPersonArea>, 'has'>

/** Returns whether another operator has to confirm a request: not what counts only, and not what says no. */
export function needsSecondPerson(
  areas: SecondPersonAreas,
  { secondPerson }: Operation,
  body: unknown,
): boolean {
  if (secondPerson === undefined || !areas.has(secondPerson)) return false
  const { dryRun, decision } = (body ?? {}) as { dryRun?: unknown; decision?: unknown }
  return dryRun !== true && decision !== 'reject'
}

/** Throws `second_person_required` if another operator has to confirm a request. */
export function assertOnePersonSuffices(areas: SecondPersonAreas, operation: Operation, body: unknown): void {
  if (!needsSecondPerson(areas, operation, body)) return
  throw new PosternError(
    'second_person_required',
    'Another operator has to confirm this, and nothing was done. Ask for it with requestConfirmation.',
  )
}
