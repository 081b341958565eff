import type { Operation } from './operation.ts'
import { operations } from './operations.ts'

const byId: Readonly<Record<string, Operation>> = operations

const read = new Set(
  Object.values<Operation>(operations).flatMap(({ creates, changes }) => [creates, changes]),
)

/** Returns the operation that reads what `operation` changes, if that can be read. */
export const findChanged = ({ changes }: Operation): Operation | undefined =>
  changes === undefined ? undefined : byId[changes]

/**
 * Returns the operation whose representation the answer of `operation` may be, so that it has an entity tag: that of
 * what was created or changed, or the operation itself if it reads such a resource.
 */
export function findRepresented({ id, creates, changes }: Operation): Operation | undefined {
  if (creates !== undefined) return byId[creates]
  if (changes !== undefined) return byId[changes]
  return read.has(id) ? byId[id] : undefined
}

/** Returns whether the answer to `operation` has an entity tag, and its request may ask for a change of it. */
export const isTagged = ({ id, method }: Operation): boolean => method === 'GET' && read.has(id)
