import type { LeaseStore, SeenLease } from './job-lease-store.ts'
import type { Job } from './job-store.ts'

/** Milliseconds; a test makes them short. */
export interface LeaseTimes {
  /** Between two signs of life of a worker, and between two looks at the others. */
  renew: number
  /** After so long without one that has reached the store, a worker stops what it does. */
  giveUp: number
  /** After so long without one that was seen, others take the job: later, by their own clock. */
  lost: number
}

/** The job of a portal that has died is taken by another within five seconds. */
export const leaseTimes: LeaseTimes = { renew: 500, giveUp: 2300, lost: 3000 }

/** Signs of life that are under way at a time: one connection that is dead does not hold up the next sign. */
const mostRenewals = 4

/** A job that is being done. */
export interface Running {
  job: Job
  time: AbortController
  /** When the store has last been told that it is being done, or was leased (`performance.now()`). */
  shownAt: number
}

interface KeepParts {
  leases: LeaseStore
  running: ReadonlySet<Running>
  times: LeaseTimes
  onFailure(error: unknown): void
}

/**
 * Shows the store that the jobs in `running` are being done, and stops one that another worker may have by now; gives
 * jobs free whose workers show nothing any more. The function that it gives ends that.
 */
export function keepLeases({ leases, running, times, onFailure }: KeepParts): () => void {
  const watch = createLeaseWatch(leases, times)
  let renewals = 0
  let isLooking = false

  const renew = async (): Promise<void> => {
    const shown = [...running]
    if (shown.length === 0 || renewals >= mostRenewals) return
    const at = performance.now()
    renewals += 1
    try {
      const taken = await leases.renewLeases(shown.map(({ job }) => job))
      for (const one of shown)
        if (taken.includes(one.job.id)) one.time.abort(new Error('Another portal has taken it over.'))
        else one.shownAt = Math.max(one.shownAt, at)
    } finally {
      renewals -= 1
    }
  }
  const look = async (): Promise<void> => {
    if (isLooking) return
    isLooking = true
    await watch((lease) => [...running].some(({ job }) => job.id === lease.id)).finally(() => {
      isLooking = false
    })
  }
  const stopLate = (): void => {
    const latest = performance.now() - times.giveUp
    for (const { shownAt, time } of running)
      if (shownAt < latest)
        time.abort(new Error('The store could not be told in time that it is being done.'))
  }

  const timers = [
    setInterval(() => {
      renew().catch(onFailure)
      look().catch(onFailure)
    }, times.renew),
    setInterval(stopLate, times.renew / 4),
  ]
  return () => {
    for (const timer of timers) clearInterval(timer)
  }
}

/**
 * Gives what looks at all leases and frees those that have not changed for `lost`, measured by the clock of this process
 * alone. While it could not look, nothing counts: their workers may not have reached the store either.
 */
function createLeaseWatch(leases: LeaseStore, { renew, lost }: LeaseTimes) {
  let seen = new Map<string, { mark: string; since: number }>()
  let lookedAt = Number.NEGATIVE_INFINITY
  return async (isOwn: (lease: SeenLease) => boolean): Promise<void> => {
    const asked = performance.now()
    if (asked - lookedAt > renew * 2) seen.clear()
    const found = await leases.listLeases()
    const since = performance.now()
    lookedAt = since
    const before = seen
    seen = new Map()
    for (const lease of found) {
      const mark = `${lease.attempts} ${lease.beat}`
      const known = before.get(lease.id)
      seen.set(lease.id, known?.mark === mark ? known : { mark, since })
      const isLost = known?.mark === mark && asked - known.since >= lost
      if (isLost && !isOwn(lease)) await leases.freeLease(lease)
    }
  }
}
