import type { OpenCall } from './open-calls.ts'
import { createFairSlots, type SlotWaiter } from './share-slots.ts'

const maxWaiting = 4096

/** What happens to a request that needs a connection. */
export interface SlotEvents {
  onTaken(): void
  /** Called if there was none in time, or the request was ended meanwhile. */
  onGivenUp(): void
}

/**
 * Creates the connections to an upstream as requests take and release them; a request waits at most
 * `milliseconds`.
 */
export function createSlots(most: number, milliseconds: number) {
  const slots = createFairSlots({ most, maxWaiting })

  const takeLater = (call: OpenCall, events: SlotEvents): void => {
    let isOver = false
    const stop = (): boolean => {
      if (isOver) return false
      clearTimeout(timer)
      slots.leave(waiter)
      isOver = true
      return true
    }
    const giveUp = (): void => {
      if (stop()) events.onGivenUp()
    }
    const waiter: SlotWaiter = {
      share: call.share,
      onGranted() {
        stop()
        call.hasSlot = true
        events.onTaken()
      },
      onDropped: giveUp,
    }
    const timer = setTimeout(giveUp, milliseconds)
    call.abandon = giveUp
    if (!slots.wait(waiter)) giveUp()
  }

  return {
    take(call: OpenCall, events: SlotEvents): void {
      if (!slots.tryTake(call.share)) {
        takeLater(call, events)
        return
      }
      call.hasSlot = true
      events.onTaken()
    },
    /** Releases the connection of a request, if it has one. */
    giveBack(call: OpenCall): void {
      if (!call.hasSlot) return
      call.hasSlot = false
      slots.giveBack(call.share)
    },
  }
}

export type Slots = ReturnType<typeof createSlots>
