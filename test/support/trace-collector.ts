import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A span as a collector reads it from OTLP in JSON. */
export interface ReceivedSpan {
  service: string
  traceId: string
  spanId: string
  parentSpanId: string | undefined
  name: string
  kind: number
  /** Milliseconds since 1970. */
  begunAt: number
  endedAt: number
  attributes: Record<string, string | number | boolean>
  failure: string | undefined
}

/** A collector of traces over HTTP. */
export interface TraceCollector {
  endpoint: string
  spans: ReceivedSpan[]
  /** Everything that it got, as text. */
  heard(): string
  /** Answers nothing from now on, or answers again. */
  hang(isHanging: boolean): void
  /** How many requests it has taken. */
  requests(): number
  close(): Promise<void>
}

type Value = { stringValue?: string; intValue?: string; doubleValue?: number; boolValue?: boolean }
type Attributes = { key: string; value: Value }[]

/** Opens a collector that decodes the requests of OTLP, and rejects what is not one. */
export async function openTraceCollector(): Promise<TraceCollector> {
  const spans: ReceivedSpan[] = []
  let heard = ''
  let isHanging = false
  let requests = 0
  const server = createServer((request, response) => {
    requests += 1
    if (isHanging) return
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const isOtlp = request.url === '/v1/traces' && request.headers['content-type'] === 'application/json'
      if (isOtlp && request.method === 'POST') {
        heard += body
        spans.push(...decode(JSON.parse(body)))
        response.setHeader('content-type', 'application/json').end('{}')
      } else response.writeHead(400).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    heard: () => heard,
    hang: (next) => {
      isHanging = next
    },
    requests: () => requests,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Received {
  resourceSpans: {
    resource: { attributes: Attributes }
    scopeSpans: {
      spans: {
        traceId: string
        spanId: string
        parentSpanId?: string
        name: string
        kind: number
        startTimeUnixNano: string
        endTimeUnixNano: string
        attributes: Attributes
        status: { code?: number; message?: string }
      }[]
    }[]
  }[]
}

const decode = ({ resourceSpans }: Received): ReceivedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        service: String(decodeAttributes(resource.attributes)['service.name']),
        ...{ traceId: span.traceId, spanId: span.spanId, parentSpanId: span.parentSpanId },
        ...{ name: span.name, kind: span.kind },
        begunAt: Number(BigInt(span.startTimeUnixNano) / 1_000_000n),
        endedAt: Number(BigInt(span.endTimeUnixNano) / 1_000_000n),
        attributes: decodeAttributes(span.attributes),
        failure: span.status.code === 2 ? span.status.message : undefined,
      })),
    ),
  )

const decodeAttributes = (attributes: Attributes) =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ??
        value.boolValue ??
        (value.intValue === undefined ? (value.doubleValue ?? 0) : Number(value.intValue)),
    ]),
  )
