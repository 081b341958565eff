import type { SpanAttributes, SpanKind } from './span.ts'

/** A span that has ended. */
export interface EndedSpan {
  traceId: string
  spanId: string
  parentId: string | undefined
  name: string
  kind: SpanKind
  /** Nanoseconds since 1970. */
  begunAt: bigint
  endedAt: bigint
  attributes: SpanAttributes
  failure: string | undefined
}

/** opentelemetry/proto/trace/v1: Span.SpanKind, Status.StatusCode. */
const kinds: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, client: 3 }
const statusError = 2

/** Returns the request of OTLP with these spans, as JSON (OpenTelemetry Protocol 1.x, JSON Protobuf encoding). */
export const encodeSpans = (resource: SpanAttributes, version: string, spans: readonly EndedSpan[]): string =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: encodeAttributes(resource) },
        scopeSpans: [{ scope: { name: 'postern', version }, spans: spans.map(encodeSpan) }],
      },
    ],
  })

const encodeSpan = (span: EndedSpan) => ({
  traceId: span.traceId,
  spanId: span.spanId,
  ...(span.parentId !== undefined && { parentSpanId: span.parentId }),
  name: span.name,
  kind: kinds[span.kind],
  startTimeUnixNano: String(span.begunAt),
  endTimeUnixNano: String(span.endedAt),
  attributes: encodeAttributes(span.attributes),
  status: span.failure === undefined ? {} : { code: statusError, message: span.failure },
})

const encodeAttributes = (attributes: SpanAttributes) =>
  Object.entries(attributes).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [{ key, value: encodeValue(value) }],
  )

function encodeValue(value: string | number | boolean) {
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'string') return { stringValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}
