import { Counter, type Registry } from 'prom-client'

/** Counts the spans of a process by what became of them; they are there without traces too, and stay 0. */
export function addTraceMetrics(
  registry: Registry,
  counts: () => { sent: number; dropped: number } = () => ({ sent: 0, dropped: 0 }),
): void {
  new Counter({
    name: 'postern_trace_spans_total',
    help: 'Spans of traces by result: sent to the collector, or dropped.',
    labelNames: ['result'],
    registers: [registry],
    collect() {
      const { sent, dropped } = counts()
      this.reset()
      this.inc({ result: 'sent' }, sent)
      this.inc({ result: 'dropped' }, dropped)
    },
  })
}
