import { hostname } from 'node:os'
import type { Config } from '../config/config.ts'
import { release } from '../release.ts'
import { readTrustedCertificates } from '../tls-files/read-trusted-certificates.ts'
import { createSpanSender } from './send-spans.ts'
import type { Tracer } from './span.ts'
import { createTracer } from './tracer.ts'

/** Creates the tracer of a process. Throws `config_invalid` if the file of the CAs is unusable. */
export function createConfiguredTracer(
  traces: NonNullable<Config['traces']>,
  { role, now, warn }: { role: 'portal' | 'gateway'; now: number; warn(fields: object, text: string): void },
): Tracer {
  const { endpoint, caFile } = traces
  const ca =
    caFile === null
      ? undefined
      : readTrustedCertificates({ setting: 'telemetry.traces.ca', path: caFile }, now)
  const resource = {
    'service.name': `postern-${role}`,
    'service.version': release,
    'service.instance.id': `${hostname()}/${process.pid}`,
    'host.name': hostname(),
  }
  const sender = createSpanSender({ endpoint, ca, resource, version: release }, (reason, dropped) =>
    warn({ kind: 'spans_dropped', reason, count: dropped }, 'The collector of traces does not take spans.'),
  )
  return createTracer(traces, sender)
}
