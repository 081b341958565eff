import type { Clock } from '../clock.ts'
import { isStoreUnavailable } from '../storage/engine.ts'
import { takeTurns } from '../storage/take-turns.ts'
import type { Job, JobStore } from './job-store.ts'
import { type LeaseTimes, leaseTimes, type Running, renewLeases } from './renew-leases.ts'

const pollMs = 250
/** A store that stays unavailable is reported this often. */
const awayMs = 5 * 60_000
/** How long a postponed job waits, unless it is hastened. */
const postponedMs = 5 * 60_000
/** How long attempts may continue when the process ends. */
const graceMs = 5_000

/**
 * Does the work of one kind of job; `key` names its subject. It may be called again after a crash. `signal`
 * is aborted when the time limit has passed, or when another portal may have taken the job: its later results
 * are ignored.
 */
export type JobHandler = (key: string, signal: AbortSignal) => Promise<void>

/** The settings of the jobs of one kind, which never wait for another kind. */
export interface Lane {
  handler: JobHandler
  /** Concurrent jobs in this process. */
  workers: number
  /** Time limit of one attempt. */
  attemptSeconds: number
  /** After this many attempts the job fails permanently. */
  maxAttempts: number
  /** Maximum delay between two attempts. */
  longestDelaySeconds: number
  /** Whether that delay is by chance up to a half shorter, so that several installations do not return at once. */
  isSpread?: boolean
  /** Called once for a job that failed permanently. */
  onGivenUp?(key: string): Promise<void>
}

interface JobDependencies {
  jobs: JobStore
  /** By the kind of their jobs. */
  lanes: Readonly<Record<string, Lane>>
  clock: Clock
  times?: LeaseTimes
  onFailure(kind: string, error: unknown): void
  /** Reports each permanently failed job to the operators. */
  onGivenUp(job: Job, error: unknown): void
}

/** A failure that no further attempt can change. */
export class FinalFailure extends Error {}

/** A job that cannot be done now, and for which nobody is to blame: it is tried again later, as often as needed. */
export class PostponedJob extends Error {}

/** Does the jobs of the queue in this process. */
export interface JobRunner {
  /** Does due jobs from now on, each kind by workers of its own. */
  start(): void
  /** Does all jobs that are due, and those that come of them, one after the other, until none is due. */
  runDue(): Promise<void>
  /** Waits for the jobs being done, for five seconds at most. */
  close(): Promise<void>
}

/** Runs due jobs, each kind by workers of its own, until the given function is called, as `close` of a runner is. */
export function runJobs(dependencies: JobDependencies): () => Promise<void> {
  const runner = createJobRunner(dependencies)
  runner.start()
  return runner.close
}

/**
 * Creates a runner. Of several portals one does a job at a time, and another one within five seconds after that one
 * has died.
 */
export function createJobRunner({
  jobs,
  lanes,
  clock,
  times = leaseTimes,
  onFailure,
  onGivenUp,
}: JobDependencies): JobRunner {
  const stop = new AbortController()
  const running = new Set<Running>()
  const queueFailed = reportRarely((error) => onFailure('queue', error))
  const stopKeeping = renewLeases({ leases: jobs, running, times, onFailure: queueFailed })
  // Sequential, so that each claim knows the running jobs.
  const claim = takeTurns(1)

  const fail = async (lane: Lane, job: Job, error: unknown): Promise<void> => {
    const { message } = error as Error
    if (error instanceof PostponedJob) await jobs.postpone(job, clock.now() + postponedMs, message)
    else if (job.attempts < lane.maxAttempts && !(error instanceof FinalFailure)) {
      onFailure(job.kind, error)
      await jobs.fail(job, message, toLongestDelay(lane), clock.now())
    } else if (await jobs.giveUp(job, message, clock.now())) {
      onGivenUp(job, error)
      await lane.onGivenUp?.(job.key)
    }
  }

  const take = async (kind: string, lane: Lane): Promise<Running | undefined> => {
    if (!(await jobs.isDue(kind, clock.now()))) return undefined
    const shownAt = performance.now()
    const job = await jobs.lease({ kind, except: busyOwners(running, kind, lane) }, clock.now())
    if (job === undefined) return undefined
    const one = { job, time: new AbortController(), shownAt }
    running.add(one)
    return one
  }

  const runNext = async (kind: string, lane: Lane): Promise<boolean> => {
    const one = await claim(() => take(kind, lane))
    if (one === undefined) return false
    const { job } = one
    try {
      await attempt(lane.handler, one, lane.attemptSeconds * 1000)
    } catch (error) {
      await fail(lane, job, error)
      return true
    } finally {
      running.delete(one)
    }
    await jobs.complete(job)
    return true
  }

  const tryStep = (step: Promise<boolean>): Promise<boolean> =>
    step.catch((error) => {
      queueFailed(error)
      return false
    })
  const begin = async (): Promise<void> => {
    const free = () => jobs.freeAbandoned().then(() => true)
    while (!stop.signal.aborted && !(await tryStep(free()))) await rest(stop.signal)
  }
  const work = async (kind: string, lane: Lane, begun: Promise<void>): Promise<void> => {
    await begun
    while (!stop.signal.aborted) if (!(await tryStep(runNext(kind, lane)))) await rest(stop.signal)
  }
  let workers: Promise<void>[] = []
  return {
    start() {
      const begun = begin()
      workers = Object.entries(lanes).flatMap(([kind, lane]) =>
        Array.from({ length: lane.workers }, () => work(kind, lane, begun)),
      )
    },
    async runDue() {
      for (let isIdle = false; !isIdle; ) {
        isIdle = true
        for (const [kind, lane] of Object.entries(lanes)) while (await runNext(kind, lane)) isIdle = false
      }
    },
    async close() {
      stop.abort()
      const timer = setTimeout(() => {
        for (const { time } of running) time.abort(new Error('Postern was stopped.'))
      }, graceMs)
      await Promise.all(workers)
      clearTimeout(timer)
      stopKeeping()
    },
  }
}

const toLongestDelay = ({ longestDelaySeconds, isSpread = false }: Lane): number =>
  longestDelaySeconds * 1000 * (isSpread ? 0.5 + Math.random() / 2 : 1)

/** Returns a function that reports an unavailable store once, and then rarely. */
function reportRarely(tell: (error: unknown) => void): (error: unknown) => void {
  let toldAt = Number.NEGATIVE_INFINITY
  return (error) => {
    const isAway = isStoreUnavailable(error)
    if (isAway && performance.now() - toldAt < awayMs) return
    if (isAway) toldAt = performance.now()
    tell(error)
  }
}

/** Returns the owners that use all workers of a lane but one, which is reserved for others. */
function busyOwners(running: ReadonlySet<Running>, kind: string, { workers }: Lane): string[] {
  if (workers === 1) return []
  const owners = [...running].filter(({ job }) => job.kind === kind).map(({ job }) => job.owner)
  return [...new Set(owners)].filter((who) => owners.filter((owner) => owner === who).length >= workers - 1)
}

/** Runs a handler up to its time limit; fails after that, whatever the handler does. */
async function attempt(handler: JobHandler, { job, time }: Running, milliseconds: number): Promise<void> {
  const { signal } = time
  const late = () => time.abort(new Error(`It took more than ${milliseconds / 1000} s.`))
  const timer = setTimeout(late, milliseconds)
  const over = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  try {
    await Promise.race([handler(job.key, signal), over])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits until the next check of the queue. */
const rest = (stop: AbortSignal) =>
  new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer)
      stop.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, pollMs)
    stop.addEventListener('abort', end)
  })
