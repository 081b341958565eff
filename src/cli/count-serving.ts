import type { ListeningSockets } from './bind-listening-sockets.ts'
import type { Run } from './launch-process.ts'

/**
 * Tracks which processes accept connections. Calls `onUnserved` with sockets that no process has accepted
 * from for `milliseconds` after one did: a refused connection is better for load balancers and clients than a
 * wait.
 */
export function createServing(milliseconds: number, onUnserved: (sockets: ListeningSockets) => void) {
  const accepting = new Map<ListeningSockets, Set<Run>>()
  const timers = new Map<ListeningSockets, NodeJS.Timeout>()
  let isStopped = false

  return {
    /** Counts a process from when it is ready until it stops or ends. */
    follow(sockets: ListeningSockets, run: Run): void {
      const runs = accepting.get(sockets) ?? new Set()
      accepting.set(sockets, runs)
      void run.ready.then(() => {
        runs.add(run)
        clearTimeout(timers.get(sockets))
      })
      void Promise.race([run.stopping, run.ended]).then(() => {
        if (!runs.delete(run) || runs.size > 0 || isStopped) return
        timers.set(
          sockets,
          setTimeout(() => onUnserved(sockets), milliseconds),
        )
      })
    },
    stop(): void {
      isStopped = true
      for (const timer of timers.values()) clearTimeout(timer)
    },
  }
}
