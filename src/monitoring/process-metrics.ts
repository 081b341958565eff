import {
  Counter,
  type CounterConfiguration,
  collectDefaultMetrics,
  Histogram,
  type HistogramConfiguration,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client'
import type { ProcessRole } from './judge-host.ts'

/** The metrics of one process at one moment, as it sends them to its supervisor. */
export type MetricSnapshot = MetricObjectWithValues<MetricValue<string>>[]

/** The metrics of a process. */
export interface ProcessMetrics {
  registry: Registry
  /** Each metric has the label `role`. */
  snapshot(): Promise<MetricSnapshot>
}

/** Seconds; OpenTelemetry advises these for the durations of HTTP. */
export const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Creates the metrics of a process: those of Node and the process itself, under their usual names. */
export function createProcessMetrics(role: ProcessRole): ProcessMetrics {
  const registry = new Registry()
  registry.setDefaultLabels({ role })
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 })
  // The suffix is that of counters, which these are not; each has a breakdown by type.
  for (const name of ['handles', 'requests', 'resources'])
    registry.removeSingleMetric(`nodejs_active_${name}_total`)
  // An average over the processes would hide the one whose event loop stands still.
  for (const metric of registry.getMetricsAsArray())
    if (metric.name.startsWith('nodejs_eventloop_lag'))
      Object.assign(registry.getSingleMetric(metric.name) ?? {}, { aggregator: 'max' })
  return { registry, snapshot: () => registry.getMetricsAsJSON() as Promise<MetricSnapshot> }
}

/** What label values of a metric beyond its limit are counted under. */
const other = 'other'

/**
 * Creates a counter with at most `maxSeries` sets of label values, and one more for all further ones: no
 * client can fill the memory of those who store the series.
 */
export function createBoundedCounter(
  { maxSeries, ...configuration }: CounterConfiguration<string> & { maxSeries: number },
  registry: Registry,
): (values: Record<string, string>, amount?: number) => void {
  const counter = new Counter({ ...configuration, registers: [registry] })
  const bound = createBound(maxSeries)
  return (values, amount = 1) => counter.inc(bound(values), amount)
}

/** Creates a histogram that is bounded in the same way. */
export function createBoundedHistogram(
  { maxSeries, ...configuration }: HistogramConfiguration<string> & { maxSeries: number },
  registry: Registry,
): (values: Record<string, string>, value: number) => void {
  const histogram = new Histogram({ ...configuration, registers: [registry] })
  const bound = createBound(maxSeries)
  return (values, value) => histogram.observe(bound(values), value)
}

/**
 * Creates the histogram of the requests that a process answers: one name, labels and buckets for all roles, so that the
 * supervisor can add them up.
 */
export const createRequestDurations = (registry: Registry, maxSeries: number) =>
  createBoundedHistogram(
    {
      name: 'http_server_request_duration_seconds',
      help: 'Requests, from their head to the end of the answer.',
      labelNames: ['environment', 'status_class'],
      buckets: durationBuckets,
      maxSeries,
    },
    registry,
  )

function createBound(max: number) {
  const known = new Set<string>()
  return (values: Record<string, string>): Record<string, string> => {
    const key = Object.values(values).join(' ')
    if (known.has(key)) return values
    if (known.size >= max) return Object.fromEntries(Object.keys(values).map((name) => [name, other]))
    known.add(key)
    return values
  }
}

/** Returns the class of a status, such as `2xx`; `none` if there was no answer. */
export const statusClassOf = (status: number | undefined): string =>
  status === undefined || status < 100 || status > 599 ? 'none' : `${Math.trunc(status / 100)}xx`
