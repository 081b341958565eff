import type { Clock } from '../clock.ts'
import type { JobStore } from './job-store.ts'

const pollMilliseconds = 250

/** Does the work of one kind of job; `key` says on what. It may be called again after a crash. */
export type JobHandler = (key: string) => Promise<void>

interface JobParts {
  jobs: JobStore
  handlers: Readonly<Record<string, JobHandler>>
  clock: Clock
  onFailure(kind: string, error: unknown): void
}

/** Runs due jobs, one at a time, until the given function is called; it waits for the one being done. */
export function runJobs({ jobs, handlers, clock, onFailure }: JobParts): () => Promise<void> {
  let stopped = false
  let wake = () => {}

  const runNext = async (): Promise<boolean> => {
    if (!(await jobs.isDue(clock.now()))) return false
    const job = await jobs.lease(clock.now())
    if (job === undefined) return false
    try {
      const handler = handlers[job.kind]
      if (handler === undefined) throw new Error(`no handler for ${job.kind}`)
      await handler(job.key)
      await jobs.complete(job)
    } catch (error) {
      onFailure(job.kind, error)
      await jobs.fail(job, (error as Error).message, clock.now())
    }
    return true
  }

  const loop = async (): Promise<void> => {
    while (!stopped) {
      const worked = await runNext().catch((error) => {
        onFailure('queue', error)
        return false
      })
      if (!worked && !stopped) {
        await new Promise<void>((resolve) => {
          wake = resolve
          setTimeout(resolve, pollMilliseconds)
        })
      }
    }
  }

  const ended = loop()
  return async () => {
    stopped = true
    wake()
    await ended
  }
}
