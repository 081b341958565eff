import { isLive, type Operation } from '../contract/operation.ts'
import { actsFor } from '../storage/fair-queue.ts'
import { takeTurns } from '../storage/take-turns.ts'

/** A portal has ten connections to the store: more than half of them are never used by lists. */
const listsAtOnce = 4

/** So many of one organization, which leaves a turn to the others at any time. */
const listsOfOne = listsAtOnce - 1

/**
 * Creates the turns of lists: an answer with many rows takes long, and a client may ask for any number of them. Few are
 * read at a time, one of each organization in turn (`actFor`), and nothing else waits for them.
 */
export function createListTurns() {
  const inTurn = takeTurns(listsAtOnce)
  const owners = new Map<string, { inTurn: typeof inTurn; lists: number }>()
  const takeTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const who = actsFor()
    const owner = owners.get(who) ?? { inTurn: takeTurns(listsOfOne), lists: 0 }
    owners.set(who, owner)
    owner.lists += 1
    try {
      return await owner.inTurn(() => inTurn(work))
    } finally {
      owner.lists -= 1
      if (owner.lists === 0) owners.delete(who)
    }
  }
  return <T>(operation: Operation, work: () => Promise<T>): Promise<T> =>
    isList(operation) ? takeTurn(work) : work()
}

/** Returns whether the reply of an operation is a list. */
const isList = ({ method, reply }: Operation): boolean =>
  method === 'GET' &&
  reply !== null &&
  !isLive(reply) &&
  'shape' in reply &&
  Object.hasOwn(reply.shape as object, 'items')
