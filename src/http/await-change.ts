import { latestVersion, readChanges } from '../storage/change-log.ts'
import type { Database } from '../storage/database.ts'

const perPrincipal = 10
const atMost = 200
/** Changes that no change log names, or whose notice was lost, are found after this time. */
const lookAgainMs = 2000

/** A request that waits for a change. */
interface WaitingRequest {
  actor: { id: string }
  /** The parameters of its path; one of them names the subject. */
  params: Readonly<Record<string, string>>
  signal: AbortSignal
}

/** Lets requests wait until what they read has changed. */
export interface Waiting {
  /**
   * Repeats `attempt` after each change of what `request` names, until `isEnough` accepts its result or `seconds` have
   * passed, and returns the last result. It ends early when the client is gone or the portal stops. Where too many
   * requests wait, the first result is returned.
   */
  until<T>(
    request: WaitingRequest,
    seconds: number,
    attempt: () => Promise<T>,
    isEnough: (result: T) => boolean,
  ): Promise<T>
  /** Ends the waiting of all requests. */
  stop(): void
}

/** Creates what requests of one portal wait with: all of them follow the change log together. */
export function createWaiting(database: Pick<Database, 'queries' | 'watch'>): Waiting {
  const over = new AbortController()
  const counts = new Map<string, number>()
  const feed = createFeed(database)
  let all = 0

  const take = (principal: string): boolean => {
    const own = counts.get(principal) ?? 0
    if (own >= perPrincipal || all >= atMost) return false
    counts.set(principal, own + 1)
    all += 1
    return true
  }
  const giveBack = (principal: string): void => {
    const left = (counts.get(principal) ?? 0) - 1
    if (left > 0) counts.set(principal, left)
    else counts.delete(principal)
    all -= 1
  }

  return {
    async until({ actor, params, signal }, seconds, attempt, isEnough) {
      const end = performance.now() + seconds * 1000
      // It listens before it reads, so that no change in between is missed.
      if (!take(actor.id)) return attempt()
      const listener = feed.listen(Object.values(params))
      try {
        for (;;) {
          const result = await attempt()
          const left = end - performance.now()
          if (isEnough(result) || left <= 0 || signal.aborted || over.signal.aborted) return result
          await listener.next(Math.min(left, lookAgainMs), AbortSignal.any([signal, over.signal]))
        }
      } finally {
        listener.close()
        giveBack(actor.id)
      }
    },
    stop: () => over.abort(),
  }
}

/** Reads the change log while anybody listens, once for all of them. */
function createFeed({ queries, watch }: Pick<Database, 'queries' | 'watch'>) {
  const listeners = new Map<string, Set<() => void>>()
  let stopWatch: Promise<() => Promise<void>> | undefined
  let position: number | undefined
  let isReading = false
  let isBehind = false

  const read = async (): Promise<void> => {
    while (isBehind) {
      isBehind = false
      if (position === undefined) return
      const changes = await readChanges(queries, position)
      for (const { version, subjectId } of changes) {
        position = version
        for (const wake of listeners.get(subjectId) ?? []) wake()
      }
      if (changes.length > 0) isBehind = true
    }
  }
  const look = (): void => {
    isBehind = true
    if (isReading) return
    isReading = true
    // While the store is away, listeners look again by themselves.
    void read()
      .catch(() => {})
      .finally(() => {
        isReading = false
        if (isBehind) look()
      })
  }
  const begin = (): void => {
    if (stopWatch !== undefined) return
    stopWatch = watch(look)
    stopWatch.catch(() => {})
    void latestVersion(queries).then(
      (version) => {
        position ??= version
      },
      () => {},
    )
  }
  const end = (): void => {
    if (listeners.size > 0) return
    void stopWatch?.then((stop) => stop()).catch(() => {})
    stopWatch = undefined
    position = undefined
  }

  return {
    /** Listens for changes of these subjects until it is closed. */
    listen(subjects: readonly string[]) {
      let isChanged = false
      let wake = () => {}
      const notice = () => {
        isChanged = true
        wake()
      }
      for (const subject of subjects)
        listeners.set(subject, (listeners.get(subject) ?? new Set()).add(notice))
      begin()
      return {
        /** Waits for a change since the last call, for `milliseconds` at most, or until `signal` is aborted. */
        async next(milliseconds: number, signal: AbortSignal): Promise<void> {
          if (!isChanged && !signal.aborted)
            await new Promise<void>((resolve) => {
              const timer = setTimeout(resolve, milliseconds)
              wake = () => {
                clearTimeout(timer)
                resolve()
              }
              signal.addEventListener('abort', () => wake(), { once: true })
            })
          isChanged = false
        },
        close(): void {
          for (const subject of subjects) {
            const own = listeners.get(subject)
            own?.delete(notice)
            if (own?.size === 0) listeners.delete(subject)
          }
          end()
        },
      }
    },
  }
}
