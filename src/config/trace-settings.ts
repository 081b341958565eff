import { z } from 'zod'
import { serverUrl } from './check-address.ts'

/** Where traces go, as the file describes it. */
export const TraceSettings = z
  .strictObject({
    endpoint: serverUrl().describe(
      'The address of an OpenTelemetry collector (OTLP over HTTP); /v1/traces is added at its end.',
    ),
    ratio: z
      .number()
      .min(0)
      .max(1)
      .default(0.01)
      .describe('The share of traces that is recorded of those that begin here.'),
    fromClients: z
      .boolean()
      .default(true)
      .describe('Whether a client decides by its traceparent whether its trace is recorded.'),
    maxSpansPerSecond: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(200)
      .describe('The most spans that a process records in a second, whoever asks for them.'),
    ca: z
      .string()
      .optional()
      .describe('PEM file of the CAs that the certificate of the collector may come from.'),
  })
  .optional()
  .describe('Traces by OpenTelemetry; none where not given.')
