import { isLive, type Operation } from '../contract/operation.ts'
import { takeTurns } from '../storage/take-turns.ts'

/** A portal has ten connections to the store: more than half of them are never used by lists. */
const listsAtOnce = 4

/**
 * Creates the turns of lists: an answer with many rows takes long, and a client may ask for any number of them. Few are
 * read at a time, one of each organization in turn (`actFor`), and nothing else waits for them.
 */
export function createListTurns() {
  const inTurn = takeTurns(listsAtOnce)
  return <T>(operation: Operation, work: () => Promise<T>): Promise<T> =>
    isList(operation) ? inTurn(work) : work()
}

/** Returns whether the reply of an operation is a list. */
const isList = ({ method, reply }: Operation): boolean =>
  method === 'GET' &&
  reply !== null &&
  !isLive(reply) &&
  'shape' in reply &&
  Object.hasOwn(reply.shape as object, 'items')
