import { AsyncLocalStorage } from 'node:async_hooks'
import { randomHex } from '../random-octets.ts'
import { createTraceId, type Trace } from '../trace-id.ts'
import type { EndedSpan } from './encode-spans.ts'
import type { Span, SpanAttributes, SpanKind, Tracer } from './span.ts'

/** Which traces are recorded. */
export interface Sampling {
  /** The share of those that begin here, 0 to 1. */
  ratio: number
  /** Whether clients decide for theirs. */
  fromClients: boolean
  /** The most spans in a second, whoever asks for them. */
  maxSpansPerSecond: number
}

interface Sender {
  add(span: EndedSpan): void
  /** Counts a span that was not to be recorded after all. */
  skip(): void
  counts(): { sent: number; dropped: number }
  close(): Promise<void>
}

const sampled = 0b01
const maxTextLength = 200
const maxAttributes = 32
const noSpan = '0'.repeat(16)

/** Creates a tracer whose spans go to `sender` as soon as they end. */
export function createTracer({ ratio, fromClients, maxSpansPerSecond }: Sampling, sender: Sender): Tracer {
  const present = new AsyncLocalStorage<Span>()
  const takes = createBudget(maxSpansPerSecond)
  const start = createStart(sender, takes)
  const isChosen = createChoice(ratio)
  return {
    startRequest(trace, name) {
      const isOfClient = fromClients && trace.isOfClient
      const isRecorded = isOfClient ? ((trace.flags ?? 0) & sampled) !== 0 : isChosen(trace.id)
      if (!isRecorded || !takes()) return undefined
      return start({ traceId: trace.id, parentId: trace.parentId, flags: trace.flags }, name, 'server')
    },
    startWork(name) {
      const traceId = createTraceId()
      if (!isChosen(traceId) || !takes()) return undefined
      return start({ traceId, parentId: undefined, flags: undefined }, name, 'internal')
    },
    run: (span, work) => present.run(span, work),
    current: () => present.getStore(),
    counts: sender.counts,
    close: sender.close,
  }
}

interface Place {
  traceId: string
  parentId: string | undefined
  flags: Trace['flags']
}

function createStart({ add, skip }: Sender, takes: () => boolean) {
  return function start(place: Place, name: string, kind: SpanKind): Span {
    const spanId = createSpanId()
    const begun = performance.now()
    const begunAt = toNanoseconds(begun)
    let attributes: Record<string, string | number | boolean> = {}
    let isEnded = false
    const flags = (place.flags ?? 0) | sampled
    return {
      traceparent: `00-${place.traceId}-${spanId}-0${flags}`,
      startChild: (childName, childKind = 'internal') =>
        // The next program still learns that the trace is recorded.
        start({ ...place, parentId: spanId }, childName, childKind),
      set(more: SpanAttributes) {
        for (const [key, value] of Object.entries(more))
          if (value !== null && value !== undefined && Object.keys(attributes).length < maxAttributes)
            attributes[key] = typeof value === 'string' ? value.slice(0, maxTextLength) : value
      },
      end(failure) {
        if (isEnded) return
        isEnded = true
        const endedAt = begunAt + BigInt(Math.round((performance.now() - begun) * 1e6))
        const { traceId, parentId } = place
        // A root was counted when it began.
        if (kind === 'server' || parentId === undefined || takes())
          add({ traceId, spanId, parentId, name, kind, begunAt, endedAt, attributes, failure })
        else skip()
        attributes = {}
      },
    }
  }
}

/** Nanoseconds since 1970 of a moment of this process. */
const toNanoseconds = (moment: number): bigint =>
  BigInt(Math.round((performance.timeOrigin + moment) * 1000)) * 1000n

function createSpanId(): string {
  const id = randomHex(8)
  return id === noSpan ? createSpanId() : id
}

/** Decides by the trace ID, so that every program with the same ratio decides the same: its last 56 bits are random. */
function createChoice(ratio: number): (traceId: string) => boolean {
  const bound = ratio * 2 ** 52
  return (traceId) => Number.parseInt(traceId.slice(-13), 16) < bound
}

/** Returns whether one more fits in the present second. */
function createBudget(perSecond: number): () => boolean {
  let second = 0
  let used = 0
  return () => {
    const now = Math.floor(performance.now() / 1000)
    if (now !== second) {
      second = now
      used = 0
    }
    used += 1
    return used <= perSecond
  }
}
