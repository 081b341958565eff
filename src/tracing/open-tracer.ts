import type { Clock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import type { Tracer } from './span.ts'

/** Opens the tracer of a process; without traces nothing of it is loaded. */
export async function openTracer(
  { traces }: Pick<Config, 'traces'>,
  role: 'portal' | 'gateway',
  { clock, log }: { clock: Clock; log: { warn(fields: object, text: string): void } },
): Promise<Tracer | undefined> {
  if (traces === null) return undefined
  const { createConfiguredTracer } = await import('./configured-tracer.ts')
  return createConfiguredTracer(traces, {
    role,
    now: clock.now(),
    warn: (fields, text) => log.warn(fields, text),
  })
}
