import { AsyncLocalStorage } from 'node:async_hooks'
import type { Transact, Tx } from './transact.ts'

/** What a request of the API adds to the transaction that makes its change. */
export interface RequestChange {
  /** The actor of the request: only records of this actor are its change. */
  actorId: string
  /** Throws to prevent the change; called at the start of a transaction that may make it. */
  before(tx: Tx): Promise<void>
  /** Called before the commit with the subject of the change: the first one that the audit log records. */
  after(tx: Tx, subjectId: string): Promise<void>
}

/** A request whose change may still come. */
interface Running {
  change: RequestChange
  isDone: boolean
  /** The subject that the present attempt of a transaction has recorded. */
  subjectId: string | undefined
}

const running = new AsyncLocalStorage<Running | undefined>()

/** Runs `work`; the first transaction in it that records a change of the actor also does the work of `change`. */
export const changeFor = <T>(change: RequestChange, work: () => T): T =>
  running.run({ change, isDone: false, subjectId: undefined }, work)

/** Tells the running request that its transaction has recorded a change. */
export function noteChange(actorId: string, subjectId: string): void {
  const own = running.getStore()
  if (own !== undefined && own.change.actorId === actorId) own.subjectId ??= subjectId
}

/**
 * Returns the transactions of a store that take part in the change of the request that runs them. Each runs in the
 * context of its own request, also where the store groups those of several requests.
 */
export const joinRequestChanges =
  (transact: Transact): Transact =>
  async (work, options = {}) => {
    const own = running.getStore()
    const isOver = own === undefined || own.isDone
    const result = await transact(
      (tx) =>
        running.run(isOver ? undefined : own, () =>
          isOver ? work(tx) : join(own, tx, work, options.records),
        ),
      options,
    )
    if (own?.subjectId !== undefined) own.isDone = true
    return result
  }

async function join<T>(own: Running, tx: Tx, work: (tx: Tx) => Promise<T>, records = true): Promise<T> {
  // A transaction is run again after a conflict: what its last attempt has recorded is undone.
  own.subjectId = undefined
  if (records) await own.change.before(tx)
  const result = await work(tx)
  if (own.subjectId !== undefined) await own.change.after(tx, own.subjectId)
  return result
}
