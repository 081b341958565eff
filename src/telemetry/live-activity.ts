import type { ActivityView } from '../contract/activity.ts'
import type { EventSubject } from '../contract/events/envelope.ts'
import type { ActivityType, StreamEvent } from '../contract/events/stream-event.ts'

const pollMs = 250
const heartbeatMs = 15_000
/**
 * Maximum number of buffered events for a client that does not read; then its stream ends, and it may start
 * another.
 */
const maxWaiting = 1000

/** The source of the live stream; the gateways write it. */
export interface ActivitySource {
  latestSequence(): Promise<number>
  readAfter(
    sequence: number,
  ): Promise<{ sequence: number; organizationId: string | null; activity: ActivityView }[]>
}

/** A certificate's state in a stream. */
export interface CertificateState {
  name: string
  environment: string
  status: string
  lastUsedAt: string | null
}

type Listener = (activity: ActivityView) => void

/**
 * Follows the activity that gateways write and passes each row to the subscribers of its certificate. It
 * reads only while there are subscribers.
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
      for (const { sequence, activity } of rows) {
        position = sequence
        for (const listener of listeners.get(activity.certificate?.id ?? '') ?? []) listener(activity)
      }
    } catch {
      // The store is unavailable: events written in the meantime are read when it is available again.
    }
    timer = listeners.size > 0 ? setTimeout(poll, pollMs) : undefined
    if (timer === undefined) position = undefined
  }

  return {
    /** Calls `listener` for each new row of a certificate until the returned function is called. */
    async subscribe(certificateId: string, listener: Listener): Promise<() => void> {
      position ??= await source.latestSequence()
      const own = listeners.get(certificateId) ?? new Set()
      listeners.set(certificateId, own.add(listener))
      timer ??= setTimeout(poll, pollMs)
      return () => {
        own.delete(listener)
        if (own.size === 0 && listeners.get(certificateId) === own) listeners.delete(certificateId)
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

/** The certificate that a stream is about. */
interface Followed {
  /** A slug. */
  organization: string
  certificateId: string
}

/**
 * Yields the events of one stream: `stream.opened` and the state of the certificate, then what happens.
 * `undefined` is a heartbeat. Before each heartbeat `readState` is called again; if it throws, the client may
 * no longer see the certificate and the stream ends.
 */
export async function* streamCertificate(
  live: LiveActivity,
  followed: Followed,
  readState: () => Promise<CertificateState>,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent | undefined> {
  const waiting: ActivityView[] = []
  let wake = () => {}
  const unsubscribe = await live.subscribe(followed.certificateId, (activity) => {
    if (waiting.length < maxWaiting) waiting.push(activity)
    wake()
  })
  const ended = AbortSignal.any([signal, live.over])
  ended.addEventListener('abort', () => wake())
  try {
    let state = await readState()
    yield { ...envelopeOf(followed, state), id: null, type: 'stream.opened', data: {} }
    yield toStateEvent(followed, state)
    for (let beat = Date.now(); !ended.aborted && waiting.length < maxWaiting; ) {
      for (const activity of waiting.splice(0)) yield toActivityEvent(followed.organization, activity)
      const next = await readState()
      if (next.status !== state.status || next.lastUsedAt !== state.lastUsedAt) {
        state = next
        yield toStateEvent(followed, state)
      }
      if (Date.now() - beat > heartbeatMs) {
        beat = Date.now()
        yield undefined
      }
      await Promise.race([
        new Promise<void>((resolve) => {
          wake = resolve
        }),
        new Promise((resolve) => setTimeout(resolve, 1000)),
      ])
    }
  } finally {
    unsubscribe()
  }
}

const envelopeOf = ({ organization, certificateId }: Followed, { name, environment }: CertificateState) => ({
  time: new Date().toISOString(),
  organization,
  environment,
  subject: { kind: 'certificate', id: certificateId, name } satisfies EventSubject,
})

const toStateEvent = (followed: Followed, state: CertificateState): StreamEvent => ({
  ...envelopeOf(followed, state),
  id: null,
  type: 'certificate.state_changed',
  data: { status: state.status, lastUsedAt: state.lastUsedAt },
})

/** Returns the event of a gateway about a certificate of an organization. */
function toActivityEvent(organization: string, activity: ActivityView): StreamEvent {
  const { id, at, kind, outcome, environment, certificate } = activity
  const type: ActivityType = `${kind}.${outcome === 'ok' ? 'allowed' : 'denied'}`
  const subject: EventSubject = {
    kind: 'certificate',
    id: certificate?.id ?? '',
    name: certificate?.name ?? null,
  }
  return { id, type, time: at, organization, environment, subject, data: activity }
}
