import { randomHex } from './random-octets.ts'

/** What one answer, its log lines and its activity have in common, and the flags for the next program. */
export interface Trace {
  /** 16 octets as lower-case hexadecimal digits, not all zero (W3C Trace Context, section 3.2.2.3). */
  id: string
  /** Whether the client sent it in a valid `traceparent`: then its `tracestate` belongs to it. */
  isOfClient: boolean
  /** The span of the client that the request is part of; undefined if it sent none. */
  parentId?: string | undefined
  /** The flags of the client's `traceparent`; undefined if it sent none that is valid. */
  flags: number | undefined
}

/** W3C Trace Context, section 3.2: version, trace ID, parent ID, flags; what a later version adds follows a dash. */
const traceparent = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const [noTrace, noParent] = ['0'.repeat(32), '0'.repeat(16)]
/** Sampled (level 1) and random-trace-id (level 2); other flags are not to be sent on (section 3.2.2.5). */
const knownFlags = 0b11
const sampled = 0b01

/** Returns a new trace ID. */
export function createTraceId(): string {
  const id = randomHex(16)
  return id === noTrace ? createTraceId() : id
}

/**
 * Returns the trace of a request: that of its `traceparent` if it has one that is valid, otherwise a new one.
 * A repeated header is invalid.
 */
export function readTrace(header: string | string[] | undefined): Trace {
  // Most requests have none.
  if (header === undefined) return startTrace()
  const [, version, id = noTrace, parent, flags = '', rest] = traceparent.exec(String(header)) ?? []
  const isInvalid =
    version === 'ff' ||
    id === noTrace ||
    parent === noParent ||
    // Version 00 ends after its flags.
    (version === '00' && rest !== undefined)
  if (isInvalid) return startTrace()
  return { id, isOfClient: true, parentId: parent, flags: Number.parseInt(flags, 16) & knownFlags }
}

const startTrace = (): Trace => ({ id: createTraceId(), isOfClient: false, flags: undefined })

/** Returns a trace whose flags tell the next program not to record it. */
export const notSampled = (trace: Trace): Trace => ({ ...trace, flags: (trace.flags ?? 0) & ~sampled })

/** Returns the trace ID of a request, see {@link readTrace}. */
export const readTraceId = (header: string | string[] | undefined): string => readTrace(header).id

/**
 * Returns the `traceparent` of a request that is sent on: the same trace and a new parent ID. A trace that begins here
 * is sampled, since Postern records the call.
 */
export function toTraceparent({ id, flags = sampled }: Trace): string {
  const parent = randomHex(8)
  return `00-${id}-${parent === noParent ? `${'0'.repeat(15)}1` : parent}-0${flags}`
}
