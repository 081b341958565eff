import { useSyncExternalStore } from 'react'

const stepMs = 5000
let now = Date.now()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  if (timer === undefined) {
    // While no component used the clock, it did not advance.
    now = Date.now()
    timer = setInterval(() => {
      now = Date.now()
      for (const each of listeners) each()
    }, stepMs)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** Returns the current time, which advances in steps of five seconds; one clock for the whole page. */
export function useNow(): Date {
  return new Date(useSyncExternalStore(subscribe, () => now))
}
