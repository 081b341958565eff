import type { ActivityView } from '../contract/activity.ts'
import type { EventSubject } from '../contract/events/envelope.ts'
import type { ActivityType, StreamEvent } from '../contract/events/stream-event.ts'
import type { StreamMessage } from '../shapes/stream-message.ts'
import type { LiveActivity, StoredEvent } from './live-activity.ts'

const heartbeatMs = 15_000
/**
 * Maximum number of buffered events for a client that does not read; then its stream ends, and it may start
 * another.
 */
const maxWaiting = 1000

/** A certificate's state in a stream. */
export interface CertificateState {
  name: string
  environment: string
  status: string
  lastUsedAt: string | null
  lastDeniedAt: string | null
}

/** The certificate that a stream is about. */
interface Followed {
  /** A slug. */
  organization: string
  certificateId: string
}

/** What a stream reads of the events of its certificate that are stored already. */
export interface StoredActivity {
  /** Finds an event by its id, or the newest. */
  findPosition(id?: string): Promise<{ id: string; sequence: number } | undefined>
  /** Reads the events after `sequence`, oldest first; none if there are no more. */
  readAfter(sequence: number): Promise<StoredEvent[]>
}

/** The position before the first event. */
const beginning = '0'

/** What a stream is made of. */
interface StreamParts {
  live: LiveActivity
  stored: StoredActivity
  /** Throws if the client may no longer see the certificate. */
  readState(): Promise<CertificateState>
  /** The position that the client has reached; undefined begins with what happens from now on. */
  lastEventId: string | undefined
  /** Aborted when the client has left. */
  signal: AbortSignal
}

type Message = StreamMessage<StreamEvent>

/**
 * Yields the messages of one stream: `stream.opened` and the state of the certificate, then what happened after
 * `lastEventId` as far as it is stored, then what happens. Nothing is left out between the two and nothing comes twice.
 * `undefined` is a heartbeat. Before each heartbeat `readState` is called again; if it throws, the stream ends.
 */
export async function* streamCertificate(
  { live, stored, readState, lastEventId, signal }: StreamParts,
  followed: Followed,
): AsyncGenerator<Message | undefined> {
  const waiting: StoredEvent[] = []
  let wake = () => {}
  // Subscribed before the store is read, so that no event falls between them.
  const unsubscribe = await live.subscribe(followed.certificateId, (one) => {
    if (waiting.length < maxWaiting) waiting.push(one)
    wake()
  })
  const ended = AbortSignal.any([signal, live.over])
  ended.addEventListener('abort', () => wake())
  const toMessage = ({ activity }: StoredEvent): Message => ({
    event: toActivityEvent(followed.organization, activity),
    position: activity.id,
  })
  try {
    let state = await readState()
    const from = await stored.findPosition(lastEventId)
    let reached = from?.sequence ?? 0
    const opened: StreamEvent = { ...envelopeOf(followed, state), id: null, type: 'stream.opened', data: {} }
    yield { event: opened, position: from?.id ?? beginning }
    yield { event: toStateEvent(followed, state) }
    if (lastEventId !== undefined) {
      for await (const one of readOn(stored, reached, ended)) {
        reached = one.sequence
        yield toMessage(one)
      }
    }
    for (let beat = Date.now(); !ended.aborted && waiting.length < maxWaiting; ) {
      for (const one of waiting.splice(0)) {
        if (one.sequence > reached) yield toMessage(one)
      }
      const next = await readState()
      if (hasChanged(state, next)) {
        state = next
        yield { event: toStateEvent(followed, state) }
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

/** Yields the stored events after `sequence`, page by page. */
async function* readOn(
  stored: StoredActivity,
  sequence: number,
  ended: AbortSignal,
): AsyncGenerator<StoredEvent> {
  let after = sequence
  while (!ended.aborted) {
    const rows = await stored.readAfter(after)
    yield* rows
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.sequence
  }
}

const hasChanged = (before: CertificateState, now: CertificateState): boolean =>
  now.status !== before.status ||
  now.lastUsedAt !== before.lastUsedAt ||
  now.lastDeniedAt !== before.lastDeniedAt

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
  data: { status: state.status, lastUsedAt: state.lastUsedAt, lastDeniedAt: state.lastDeniedAt },
})

/** Returns the event of a gateway about a certificate of an organization. */
function toActivityEvent(organization: string, activity: ActivityView): StreamEvent {
  const { id, at, kind, outcome, environment, certificate } = activity
  const type: ActivityType = `${kind}.${outcome}`
  const subject: EventSubject = {
    kind: 'certificate',
    id: certificate?.id ?? '',
    name: certificate?.name ?? null,
  }
  return { id, type, time: at, organization, environment, subject, data: activity }
}
