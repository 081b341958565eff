/** The interval of heartbeats, and the time without a response after which a process hangs. */
export interface HeartbeatTimes {
  intervalMs: number
  hangMs: number
}

/**
 * Sends heartbeats to a process, and calls `onHung` once when it has not responded for too long. Time in
 * which this process itself was suspended does not count.
 */
export function watchHeartbeat(
  { intervalMs, hangMs }: HeartbeatTimes,
  { ask, onHung }: { ask(): void; onHung(): void },
) {
  let isAsked = false
  let silentMs = 0
  let lastTick = performance.now()
  const timer = setInterval(() => {
    const sinceLastTick = performance.now() - lastTick
    lastTick += sinceLastTick
    const wasHeldUp = sinceLastTick > 2 * intervalMs
    silentMs = isAsked && !wasHeldUp ? silentMs + intervalMs : 0
    if (silentMs >= hangMs) {
      clearInterval(timer)
      return onHung()
    }
    if (isAsked) return
    isAsked = true
    ask()
  }, intervalMs)

  return {
    /** Records a response. */
    answer(): void {
      isAsked = false
      silentMs = 0
    },
    stop: () => clearInterval(timer),
  }
}
