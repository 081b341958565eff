import { AsyncLocalStorage } from 'node:async_hooks'

const acting = new AsyncLocalStorage<string>()

/** Runs `work` on behalf of `who`, an organization or a user: its writes take turns with those of others. */
export const actFor = <T>(who: string, work: () => T): T => acting.run(who, work)

/** Returns on whose behalf the current work is done; empty if on nobody's. */
export const actsFor = (): string => acting.getStore() ?? ''

/** A queue with one line per organization or user. */
export interface FairQueue<T> {
  /** Adds an item on behalf of the organization or user in the current context. */
  push(item: T): void
  /** Removes the next item: one of each line in turn, however long the lines are. */
  shift(): T | undefined
  /** Removes and returns all items for which `isMeant` is true. */
  remove(isMeant: (item: T) => boolean): T[]
  length(): number
}

/** Creates a queue in which a long line does not delay others: a new item waits for one turn of each line. */
export function createFairQueue<T>(): FairQueue<T> {
  const lines = new Map<string, T[]>()
  let length = 0
  return {
    push(item) {
      const who = actsFor()
      const line = lines.get(who)
      if (line === undefined) lines.set(who, [item])
      else line.push(item)
      length += 1
    },
    shift() {
      for (const [who, line] of lines) {
        const item = line.shift()
        lines.delete(who)
        if (line.length > 0) lines.set(who, line)
        length -= 1
        return item
      }
      return undefined
    },
    remove(isMeant) {
      const removed: T[] = []
      for (const [who, line] of lines) {
        removed.push(...line.filter(isMeant))
        const others = line.filter((item) => !isMeant(item))
        if (others.length > 0) lines.set(who, others)
        else lines.delete(who)
      }
      length -= removed.length
      return removed
    },
    length: () => length,
  }
}
