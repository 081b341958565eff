/** What an organization has of the connections to an upstream. */
export interface Share {
  /** Connections that its calls have at the moment. */
  held: number
  /** Its calls that wait for one, the oldest first; nothing until one has to wait. */
  waiting: Set<SlotWaiter> | undefined
}

/** A call that waits for a connection. */
export interface SlotWaiter {
  share: Share
  /** It has a connection now, which has to be given back. */
  onGranted(): void
  /** It has to make room for calls of organizations with fewer that wait. */
  onDropped(): void
}

/**
 * Shares the connections to an upstream between organizations: one may take a further connection only while it has
 * fewer than are free, so that even alone it leaves half of them to others. Calls that have to wait are served
 * in turn, one of each organization. At most `mostWaiting` wait; then the organization with the most gives way.
 */
export function createFairSlots({ most, mostWaiting }: { most: number; mostWaiting: number }) {
  let free = most
  let waiting = 0
  let isServing = false
  /** Those with calls that wait; the one that has been served the longest ago comes first. */
  const turns = new Set<Share>()

  const mayTake = ({ held }: Share): boolean => held < free
  const take = (share: Share): void => {
    free -= 1
    share.held += 1
  }
  const leave = (waiter: SlotWaiter): void => {
    const { share } = waiter
    if (share.waiting?.delete(waiter)) waiting -= 1
    if (share.waiting?.size === 0) turns.delete(share)
  }
  const findNext = (): Share | undefined => {
    for (const share of turns) if (mayTake(share)) return share
    return undefined
  }
  const serve = (): void => {
    // A call that is served may end at once and give its connection back from within.
    if (isServing) return
    isServing = true
    try {
      for (let next = findNext(); next !== undefined; next = findNext()) serveOne(next)
    } finally {
      isServing = false
    }
  }
  const serveOne = (share: Share): void => {
    const [waiter] = share.waiting as Set<SlotWaiter>
    leave(waiter as SlotWaiter)
    if (turns.delete(share)) turns.add(share)
    take(share)
    waiter?.onGranted()
  }
  /** Makes room by the newest call of the organization that has the most; false where that is `share` itself. */
  const makeRoomFor = (share: Share): boolean => {
    let longest = share
    for (const other of turns) if (sizeOf(other) > sizeOf(longest)) longest = other
    if (longest === share) return false
    const newest = [...(longest.waiting ?? [])].at(-1) as SlotWaiter
    leave(newest)
    newest.onDropped()
    return true
  }

  return {
    /** Takes a connection for a call, where it need not wait for it. */
    tryTake(share: Share): boolean {
      if (sizeOf(share) > 0 || !mayTake(share)) return false
      take(share)
      return true
    },
    /** Lets a call wait that {@link tryTake} had nothing for; false where it may not even wait. */
    wait(waiter: SlotWaiter): boolean {
      const { share } = waiter
      if (waiting >= mostWaiting && !makeRoomFor(share)) return false
      share.waiting ??= new Set()
      share.waiting.add(waiter)
      turns.add(share)
      waiting += 1
      return true
    },
    /** Waits no more; nothing happens where it has been served. */
    leave,
    /** Gives back what a call was granted, to those that wait. */
    giveBack(share: Share): void {
      free += 1
      share.held -= 1
      if (waiting > 0) serve()
    },
    /** How many connections are free, and how many calls wait. */
    count: () => ({ free, waiting }),
  }
}

const sizeOf = ({ waiting }: Share): number => waiting?.size ?? 0
