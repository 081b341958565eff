/** How often a process is asked whether it answers, and after how long without an answer it hangs. */
export interface HeartbeatTimes {
  intervalMilliseconds: number
  hangMilliseconds: number
}

/**
 * Asks a process again and again whether its event loop turns, and calls `onHung` once when it has not answered for
 * too long. Time in which this process itself was held up does not count: a suspended machine is no hang.
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
    /** Notes an answer. */
    answer(): void {
      isAsked = false
      silentMilliseconds = 0
    },
    stop: () => clearInterval(timer),
  }
}
