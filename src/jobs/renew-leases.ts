import type { LeaseStore, SeenLease } from './job-lease-store.ts'
import type { Job } from './job-store.ts'

/** Milliseconds; tests shorten them. */
export interface LeaseTimes {
  /** Between two renewals of a worker, and between two checks of the other leases. */
  renew: number
  /** After this time without a successful renewal, a worker stops its job. */
  giveUp: number
  /** After this time without an observed renewal, others take the job: later, by their own clock. */
  lost: number
}

/** Another portal takes the job of a dead one within five seconds. */
export const leaseTimes: LeaseTimes = { renew: 500, giveUp: 2300, lost: 3000 }

/** Concurrent renewals: one dead connection does not delay the next renewal. */
const maxRenewals = 4

/** A running job. */
export interface Running {
  job: Job
  time: AbortController
  /** The time of its last renewal or of its lease (`performance.now()`). */
  shownAt: number
}

interface KeepDependencies {
  leases: LeaseStore
  running: ReadonlySet<Running>
  times: LeaseTimes
  onFailure(error: unknown): void
}

/**
 * Renews the leases of the jobs in `running`, and stops a job that another worker may have taken; releases
 * jobs whose workers no longer renew. Returns the function that ends this.
 */
export function renewLeases({ leases, running, times, onFailure }: KeepDependencies): () => void {
  const watch = createLeaseWatch(leases, times)
  let renewals = 0
  let isLooking = false

  const renew = async (): Promise<void> => {
    const shown = [...running]
    if (shown.length === 0 || renewals >= maxRenewals) return
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
 * Returns a function that checks all leases and releases those unchanged for `lost`, measured by the clock of
 * this process only. Time without a successful check does not count, since their workers may not have reached
 * the store either.
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
