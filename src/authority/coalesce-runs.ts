/**
 * Runs `work` for one name at a time. Calls during a run share the next run, which begins after they were
 * made: any number of concurrent calls needs two runs.
 */
export function coalesceRuns(work: (name: string) => Promise<void>): (name: string) => Promise<void> {
  const running = new Map<string, Promise<void>>()
  const waiting = new Map<string, Promise<void>>()

  const run = (name: string): Promise<void> => {
    const current = work(name).finally(() => running.delete(name))
    running.set(name, current)
    return current
  }

  return (name) => {
    const shared = waiting.get(name)
    if (shared !== undefined) return shared
    const current = running.get(name)
    if (current === undefined) return run(name)
    const next = current
      .catch(() => {})
      .then(() => {
        waiting.delete(name)
        return run(name)
      })
    waiting.set(name, next)
    return next
  }
}
