import { Agent, fetch } from 'undici'
import { type EndedSpan, encodeSpans } from './encode-spans.ts'
import type { SpanAttributes } from './span.ts'

/** Where spans are sent, and as whose. */
export interface SpanReceiver {
  /** Without `/v1/traces`. */
  endpoint: string
  /** PEM of the CAs that its certificate may come from; those of Node where undefined. */
  ca: string | undefined
  resource: SpanAttributes
  version: string
}

/** How long, how much and how often. */
export interface SendingLimits {
  /** What waits for the collector; further spans are dropped. */
  maxWaiting: number
  maxAtOnce: number
  everyMs: number
  /** A request that takes longer has failed, and its spans are dropped. */
  patienceMs: number
}

const usualLimits: SendingLimits = { maxWaiting: 2048, maxAtOnce: 512, everyMs: 2000, patienceMs: 5000 }
const reportMs = 60_000

/**
 * Sends spans in the background, one request at a time. Nothing waits for it: what a collector does not take is dropped and
 * counted, and `onFailure` is told so at most once a minute.
 */
export function createSpanSender(
  { endpoint, ca, resource, version }: SpanReceiver,
  onFailure: (reason: string, dropped: number) => void,
  limits: SendingLimits = usualLimits,
) {
  const dispatcher = new Agent({
    connections: 1,
    connect: { ...(ca !== undefined && { ca }), rejectUnauthorized: true, timeout: limits.patienceMs },
  })
  let waiting: EndedSpan[] = []
  let sent = 0
  let dropped = 0
  let told = 0
  let toldAt = Number.NEGATIVE_INFINITY
  let sending: Promise<void> | undefined

  const drop = (count: number, reason: string): void => {
    dropped += count
    if (performance.now() - toldAt < reportMs) return
    toldAt = performance.now()
    onFailure(reason, dropped - told)
    told = dropped
  }
  const post = async (spans: readonly EndedSpan[]): Promise<void> => {
    const response = await fetch(`${endpoint}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: encodeSpans(resource, version, spans),
      redirect: 'error',
      signal: AbortSignal.timeout(limits.patienceMs),
      dispatcher,
    })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`it answers ${response.status}`)
  }
  const sendAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const some = waiting.slice(0, limits.maxAtOnce)
      waiting = waiting.slice(limits.maxAtOnce)
      try {
        await post(some)
        sent += some.length
      } catch (error) {
        return drop(some.length, describe(error))
      }
    }
  }
  const send = (): Promise<void> => {
    sending ??= sendAll().finally(() => {
      sending = undefined
    })
    return sending
  }
  const timer = setInterval(() => void send(), limits.everyMs).unref()

  return {
    add(span: EndedSpan): void {
      if (waiting.length < limits.maxWaiting) waiting.push(span)
      else drop(1, 'it takes too few')
    },
    skip(): void {
      dropped += 1
      told += 1
    },
    counts: () => ({ sent, dropped }),
    async close(): Promise<void> {
      clearInterval(timer)
      const late = new Promise<void>((resolve) => setTimeout(resolve, limits.patienceMs).unref())
      const all = send().then(send)
      await Promise.race([all, late])
      // What is under way fails with it, and is counted.
      await dispatcher.destroy()
      await all
      if (waiting.length > 0) drop(waiting.length, 'the process ends')
      waiting = []
    },
  }
}

function describe(error: unknown): string {
  const { message, cause } = error as Error
  const code = (cause as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : message
}
