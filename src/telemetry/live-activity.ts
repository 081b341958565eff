import type { ActivityView } from '../contract/activity.ts'

const pollMs = 250

/** The source of the live stream; the gateways write it. */
export interface ActivitySource {
  latestSequence(): Promise<number>
  readAfter(
    sequence: number,
  ): Promise<{ sequence: number; organizationId: string | null; activity: ActivityView }[]>
}

/** An event of a gateway, and its place in the store. */
export interface StoredEvent {
  sequence: number
  activity: ActivityView
}

/** Names an organization in an environment among the subscribers. */
export const nameWorkspace = (organizationId: string, environment: string): string =>
  `${organizationId} ${environment}`

type Listener = (stored: StoredEvent) => void

/**
 * Follows the activity that gateways write and passes each row to the subscribers of its certificate, and to those of its
 * organization in its environment. It reads only while there are subscribers.
 */
export function createLiveActivity(source: ActivitySource) {
  const listeners = new Map<string, Set<Listener>>()
  const over = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let position: number | undefined

  const poll = async (): Promise<void> => {
    try {
      position ??= await source.latestSequence()
      const rows = await source.readAfter(position)
      // A restored store continues at a lower number.
      if (rows.length === 0) position = Math.min(position, await source.latestSequence())
      for (const { sequence, organizationId, activity } of rows) {
        position = sequence
        const names = [
          activity.certificate?.id ?? '',
          nameWorkspace(organizationId ?? '', activity.environment),
        ]
        for (const listener of names.flatMap((name) => [...(listeners.get(name) ?? [])]))
          listener({ sequence, activity })
      }
    } catch {
      // The store is unavailable: events written in the meantime are read when it is available again.
    }
    timer = listeners.size > 0 ? setTimeout(poll, pollMs) : undefined
    if (timer === undefined) position = undefined
  }

  return {
    /**
     * Calls `listener` for each new row of a certificate, or of what `nameWorkspace` names, until the returned function
     * is called.
     */
    async subscribe(name: string, listener: Listener): Promise<() => void> {
      position ??= await source.latestSequence()
      const own = listeners.get(name) ?? new Set()
      listeners.set(name, own.add(listener))
      timer ??= setTimeout(poll, pollMs)
      return () => {
        own.delete(listener)
        if (own.size === 0 && listeners.get(name) === own) listeners.delete(name)
      }
    },
    /** Aborted when no further events follow. */
    over: over.signal,
    /** Ends every stream. */
    stop(): void {
      clearTimeout(timer)
      listeners.clear()
      over.abort()
    },
  }
}

export type LiveActivity = ReturnType<typeof createLiveActivity>
