import type { Trace } from '../trace-id.ts'

/** What a span tells of its work: values of the program and of the configuration, never a secret. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | null | undefined>>

/** One piece of work of a recorded trace. */
export interface Span {
  /** The `traceparent` for the next program (W3C Trace Context, section 3.2). */
  readonly traceparent: string
  /** Begins a piece of this work. */
  startChild(name: string, kind?: SpanKind): Span
  /** Adds attributes; text is cut to 200 characters. */
  set(attributes: SpanAttributes): void
  /** Ends it; `failure` is a code, for work that failed. It is ended once. */
  end(failure?: string): void
}

/** What kind of work a span is, as OpenTelemetry has it. */
export type SpanKind = 'internal' | 'server' | 'client'

/** Begins traces and decides which of them are recorded. It is made only where the configuration asks for traces. */
export interface Tracer {
  /**
   * Begins the work of a request: recorded if its client says so in its `traceparent`, or else for the configured share.
   * Returns undefined where it is not recorded.
   */
  startRequest(trace: Trace, name: string): Span | undefined
  /** Begins work that no request asks for. */
  startWork(name: string): Span | undefined
  /** Runs `work` so that `current` returns its span. */
  run<T>(span: Span, work: () => T): T
  /** Returns the span that the present work belongs to. */
  current(): Span | undefined
  /** How many spans were sent, and how many were dropped because the collector does not take them. */
  counts(): { sent: number; dropped: number }
  /** Sends what waits, for a few seconds at most, and stops. */
  close(): Promise<void>
}

/** Does a piece of the work of `parent`, with a span of its own where that is recorded. */
export async function inSpan<T>(
  parent: Span | undefined,
  name: string,
  work: (span: Span | undefined) => Promise<T>,
  kind: SpanKind = 'internal',
): Promise<T> {
  if (parent === undefined) return work(undefined)
  const span = parent.startChild(name, kind)
  try {
    const result = await work(span)
    span.end()
    return result
  } catch (error) {
    span.end(toFailure(error))
    throw error
  }
}

/** Returns what is said of an error: its code, never its text. */
export function toFailure(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' && /^[\w.-]{1,60}$/.test(code) ? code : 'error'
}
