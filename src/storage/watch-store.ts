import { describeFault, getPlace, type StorePlace } from './describe-store-problem.ts'
import { findStoreFault, type StoreFault, type StoreProblem } from './engine.ts'
import type { StorageLocation } from './location.ts'

/** The log of a component, in pino's format. */
interface Log {
  warn(details: object, sentence: string): void
  error(details: object, sentence: string): void
}

/**
 * Reports to operators once that the store is unavailable, again when the reason changes, and once when it is
 * available again.
 */
export interface StoreWatch {
  /** Receives a failure; returns whether it means that the store is unavailable. */
  failed(error: unknown): boolean
  /** Returns whether `error`, or its cause, has been reported as an unavailable store. */
  hasSeen(error: unknown): boolean
  /** Called when the store has answered. */
  answered(): void
  /** Called when the store has saved something. */
  saved(): void
  /** Called when retried work has succeeded. */
  succeeded(): void
  /** Returns whether it cannot be used at the moment. */
  isAway(): boolean
  /** Returns the time of its last answer, by `performance.now()`. */
  lastAnswerAt(): number
}

/** A reason that comes and goes is reported again after this time. */
const repeatMs = 60_000
/** One answer soon after a failure does not prove recovery: other connections may still fail. */
const calmMs = 3000

/** Problems that end when the store answers anything; the others end when it has saved something. */
const ofConnections: ReadonlySet<StoreProblem> = new Set([
  'unreachable',
  'starting',
  'exhausted',
  'refused',
  'untrusted',
  'missing',
])

/** Watches the store at `location` for one component. */
export function createStoreWatch(
  location: StorageLocation,
  log: Log,
  now = () => performance.now(),
): StoreWatch {
  const place: StorePlace = getPlace(location)
  const seen = new WeakSet<Error>()
  const toldAt = new Map<string, number>()
  let present: StoreFault | undefined
  let since = 0
  let failedAt = 0
  let answeredAt = Number.NEGATIVE_INFINITY

  const tell = (fault: StoreFault): void => {
    const key = `${fault.trouble} ${fault.code}`
    if (now() - (toldAt.get(key) ?? Number.NEGATIVE_INFINITY) < repeatMs) return
    toldAt.set(key, now())
    log.error({ store: fault.trouble, code: fault.code }, describeFault(fault, place))
  }
  const end = (): void => {
    const seconds = Math.round((now() - since) / 1000)
    present = undefined
    toldAt.clear()
    log.warn({ store: 'usable', seconds }, `The store can be used again, after ${seconds} s.`)
  }
  const isCalm = () => now() - failedAt >= calmMs

  return {
    failed(error) {
      const fault = findStoreFault(error)
      if (fault === undefined) return false
      seen.add(error as Error)
      failedAt = now()
      if (present === undefined) since = failedAt
      present = fault
      tell(fault)
      return true
    },
    hasSeen(error) {
      for (let one = error; one instanceof Error; one = one.cause) if (seen.has(one)) return true
      return false
    },
    answered() {
      answeredAt = now()
      if (present !== undefined && ofConnections.has(present.trouble) && isCalm()) end()
    },
    saved() {
      answeredAt = now()
      if (present !== undefined && present.trouble !== 'damaged' && isCalm()) end()
    },
    succeeded() {
      answeredAt = now()
      if (present !== undefined) end()
    },
    isAway: () => present !== undefined,
    lastAnswerAt: () => answeredAt,
  }
}
