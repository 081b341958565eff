import type { Log } from './log.ts'

const everyMs = 30_000
const repeatMs = 3_600_000

/**
 * Says in the log that the clock of this machine looks wrong, at once, once an hour, and when it looks right again.
 * `findProblem` gives the sentence, and what it throws goes to `onFailed`. The function that it gives stops that.
 */
export function watchClock(
  findProblem: () => Promise<string | undefined>,
  log: Log,
  { onFailed, every = everyMs }: { onFailed: (error: unknown) => void; every?: number },
): () => void {
  let toldAt: number | undefined
  const look = async (): Promise<void> => {
    const problem = await findProblem()
    const isNew = toldAt === undefined || performance.now() - toldAt > repeatMs
    if (problem !== undefined && isNew) {
      log.error({ kind: 'clock_wrong' }, problem)
      toldAt = performance.now()
    }
    if (problem === undefined && toldAt !== undefined) {
      log.warn({ kind: 'clock_right' }, 'The clock of this machine looks right again.')
      toldAt = undefined
    }
  }
  const timer = setInterval(() => void look().catch(onFailed), every)
  timer.unref()
  look().catch(onFailed)
  return () => clearInterval(timer)
}
