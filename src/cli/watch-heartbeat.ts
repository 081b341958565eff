/** The interval of heartbeats, and the time without a response after which a process hangs. */
export interface HeartbeatTimes {
  intervalMilliseconds: number
  hangMilliseconds: number
}

/**
 * Sends heartbeats to a process, and calls `onHung` once when it has not responded for too long. Time in
 * which this process itself was suspended does not count.
 */
export function watchHeartbeat(
  { intervalMilliseconds, hangMilliseconds }: HeartbeatTimes,
  { ask, onHung }: { ask(): void; onHung(): void },
) {
  let isAsked = false
  let silentMilliseconds = 0
  let lastTick = performance.now()
  const timer = setInterval(() => {
    const sinceLastTick = performance.now() - lastTick
    lastTick += sinceLastTick
    const wasHeldUp = sinceLastTick > 2 * intervalMilliseconds
    silentMilliseconds = isAsked && !wasHeldUp ? silentMilliseconds + intervalMilliseconds : 0
    if (silentMilliseconds >= hangMilliseconds) {
      clearInterval(timer)
      return onHung()
    }
    if (isAsked) return
    isAsked = true
    ask()
  }, intervalMilliseconds)

  return {
    /** Records a response. */
    answer(): void {
      isAsked = false
      silentMilliseconds = 0
    },
    stop: () => clearInterval(timer),
  }
}
