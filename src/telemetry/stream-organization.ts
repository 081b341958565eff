import type { EventSubject } from '../contract/events/envelope.ts'
import type { OrganizationStreamEvent } from '../contract/events/stream-event.ts'
import type { StreamMessage } from '../shapes/stream-message.ts'
import { type LiveActivity, nameWorkspace } from './live-activity.ts'

const heartbeatMs = 15_000
/** The pause between two messages, however much happens. */
const pauseMs = 500

/** What a stream is made of. */
interface StreamParts {
  live: LiveActivity
  /** Returns another value after each recorded change of the organization. Throws if the client may no longer see it. */
  readMark(): Promise<string>
  /** Aborted when the client has left. */
  signal: AbortSignal
}

/** The organization and environment that a stream is about; `organization` is the slug. */
interface Followed {
  organizationId: string
  organization: string
  environment: string
}

/**
 * Yields `stream.opened` and `organization.changed`, and then `organization.changed` after changes of an organization, at
 * most twice per second.
 * `undefined` is a heartbeat. If `readMark` throws, the stream ends.
 */
export async function* streamOrganization(
  { live, readMark, signal }: StreamParts,
  followed: Followed,
): AsyncGenerator<StreamMessage<OrganizationStreamEvent> | undefined> {
  let activity = false
  let wake = () => {}
  const unsubscribe = await live.subscribe(
    nameWorkspace(followed.organizationId, followed.environment),
    () => {
      activity = true
    },
  )
  const ended = AbortSignal.any([signal, live.over])
  ended.addEventListener('abort', () => wake())
  try {
    let mark = await readMark()
    yield { event: { ...envelopeOf(followed), type: 'stream.opened', data: {} } }
    // A client that was cut off has missed what happened in between.
    const missed = { activity: true, resources: true }
    yield { event: { ...envelopeOf(followed), type: 'organization.changed', data: missed } }
    for (let beat = Date.now(); !ended.aborted; ) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pauseMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      if (ended.aborted) return
      const next = await readMark()
      const data = { activity, resources: next !== mark }
      if (data.activity || data.resources) {
        activity = false
        mark = next
        yield { event: { ...envelopeOf(followed), type: 'organization.changed', data } }
      } else if (Date.now() - beat > heartbeatMs) {
        beat = Date.now()
        yield undefined
      }
    }
  } finally {
    unsubscribe()
  }
}

const envelopeOf = ({ organization, environment }: Followed) => ({
  id: null,
  time: new Date().toISOString(),
  organization,
  environment,
  subject: { kind: 'organization', id: organization, name: null } satisfies EventSubject,
})
