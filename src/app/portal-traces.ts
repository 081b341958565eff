import type { Lane } from '../jobs/run-jobs.ts'
import type { Database } from '../storage/database.ts'
import { inSpan, type Tracer, toFailure } from '../tracing/span.ts'

/** Returns a database whose transactions are part of the trace of the work that they belong to. */
export function traceTransactions(database: Database, tracer: Tracer | undefined): Database {
  if (tracer === undefined) return database
  return {
    ...database,
    transaction: (work, options) =>
      inSpan(
        tracer.current(),
        'postern.store.transaction',
        (span) => {
          span?.set({ 'db.system.name': database.engine === 'postgres' ? 'postgresql' : 'sqlite' })
          return database.transaction(work, options)
        },
        'client',
      ),
  }
}

/** Returns lanes each of whose jobs is a trace. */
export function traceLanes(lanes: Record<string, Lane>, tracer: Tracer | undefined): Record<string, Lane> {
  if (tracer === undefined) return lanes
  const trace = (kind: string, { handler, ...lane }: Lane): Lane => ({
    ...lane,
    async handler(key, signal) {
      const span = tracer.startWork(`postern.job ${kind}`)
      if (span === undefined) return handler(key, signal)
      span.set({ 'postern.job.kind': kind })
      try {
        await tracer.run(span, () => handler(key, signal))
        span.end()
      } catch (error) {
        span.end(toFailure(error))
        throw error
      }
    },
  })
  return Object.fromEntries(Object.entries(lanes).map(([kind, lane]) => [kind, trace(kind, lane)]))
}
