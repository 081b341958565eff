import { describeFault, placeOf, type StorePlace } from './describe-trouble.ts'
import { findStoreFault, type StoreFault, type StoreTrouble } from './engine.ts'
import type { StorageLocation } from './location.ts'

/** Where a part writes what operators should know; pino's shape. */
interface Log {
  warn(facts: object, sentence: string): void
  error(facts: object, sentence: string): void
}

/** Tells operators once that the store cannot be used, again when the reason changes, and once when it is over. */
export interface StoreWatch {
  /** Something that the store said; gives whether it keeps the store from being used. */
  failed(error: unknown): boolean
  /** Whether `error`, or what caused it, has been told of as a store that cannot be used. */
  hasSeen(error: unknown): boolean
  /** The store has answered. */
  answered(): void
  /** The store has saved something. */
  saved(): void
  /** What had been tried again and again has been done. */
  succeeded(): void
  /** When it last answered, by `performance.now()`. */
  lastAnswerAt(): number
}

/** A reason is told again after so long where it comes and goes. */
const repeatMilliseconds = 60_000
/** What has just failed is not over by one answer: some connections may be better than others. */
const calmMilliseconds = 3000

/** What is over as soon as the store answers anything; the rest when it has saved something. */
const ofConnections: ReadonlySet<StoreTrouble> = new Set([
  'unreachable',
  'starting',
  'exhausted',
  'refused',
  'untrusted',
  'missing',
])

/** Watches the store at `location` for one part. */
export function createStoreWatch(
  location: StorageLocation,
  log: Log,
  now = () => performance.now(),
): StoreWatch {
  const place: StorePlace = placeOf(location)
  const seen = new WeakSet<Error>()
  const toldAt = new Map<string, number>()
  let present: StoreFault | undefined
  let since = 0
  let failedAt = 0
  let answeredAt = Number.NEGATIVE_INFINITY

  const tell = (fault: StoreFault): void => {
    const key = `${fault.trouble} ${fault.code}`
    if (now() - (toldAt.get(key) ?? Number.NEGATIVE_INFINITY) < repeatMilliseconds) return
    toldAt.set(key, now())
    log.error({ store: fault.trouble, code: fault.code }, describeFault(fault, place))
  }
  const end = (): void => {
    const seconds = Math.round((now() - since) / 1000)
    present = undefined
    toldAt.clear()
    log.warn({ store: 'usable', seconds }, `The store can be used again, after ${seconds} s.`)
  }
  const isCalm = () => now() - failedAt >= calmMilliseconds

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
    lastAnswerAt: () => answeredAt,
  }
}
