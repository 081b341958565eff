/** The connections of an organization to an upstream. */
export interface Share {
  /** Connections that its requests currently have. */
  held: number
  /** Its waiting requests, the oldest first; undefined until one has to wait. */
  waiting: Set<SlotWaiter> | undefined
}

/** A request that waits for a connection. */
export interface SlotWaiter {
  share: Share
  /** Called when it has a connection, which must be released. */
  onGranted(): void
  /** Called when it must make room for waiting requests of organizations with fewer. */
  onDropped(): void
}

/**
 * Divides the connections to an upstream among organizations: one may take a further connection only while it
 * has fewer than are free, so that even alone it leaves half of them to others. Waiting requests are served
 * in turn by organization. At most `maxWaiting` wait; beyond that, the organization with the most loses one.
 */
export function createFairSlots({ most, maxWaiting }: { most: number; maxWaiting: number }) {
  let free = most
  let waiting = 0
  let isServing = false
  /** The organizations with waiting requests; the one that was served longest ago is first. */
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
    // A request that is served may end immediately and release its connection reentrantly.
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
  /** Drops the latest request of the organization with the most; returns false if that is `share` itself. */
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
    /** Takes a connection for a request if it need not wait. */
    tryTake(share: Share): boolean {
      if (sizeOf(share) > 0 || !mayTake(share)) return false
      take(share)
      return true
    },
    /** Queues a request after {@link tryTake} failed; returns false if it cannot wait either. */
    wait(waiter: SlotWaiter): boolean {
      const { share } = waiter
      if (waiting >= maxWaiting && !makeRoomFor(share)) return false
      share.waiting ??= new Set()
      share.waiting.add(waiter)
      turns.add(share)
      waiting += 1
      return true
    },
    /** Stops waiting; does nothing if it was served. */
    leave,
    /** Releases the connection of a request to the waiting ones. */
    giveBack(share: Share): void {
      free += 1
      share.held -= 1
      if (waiting > 0) serve()
    },
    /** Counts the free connections and the waiting requests. */
    count: () => ({ free, waiting }),
  }
}

const sizeOf = ({ waiting }: Share): number => waiting?.size ?? 0
