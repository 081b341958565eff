import { Counter, Gauge } from 'prom-client'
import type { Clock } from '../clock.ts'
import { gatewayPaths } from '../contract/gateway-paths.ts'
import type { CallTimes } from '../gateway/observation/call-times.ts'
import type { Observation } from '../gateway/observation/observation.ts'
import {
  createBoundedCounter,
  createBoundedHistogram,
  createProcessMetrics,
  createRequestDurations,
  durationBuckets,
  type MetricSnapshot,
  statusClassOf,
} from '../monitoring/process-metrics.ts'
import { readStoreTimes } from '../monitoring/store-times.ts'
import { addTraceMetrics } from '../monitoring/trace-metrics.ts'
import type { Database } from '../storage/database.ts'
import type { Tracer } from '../tracing/span.ts'
import type { Listeners } from './gateway-listeners.ts'
import type { Progress } from './gateway-progress.ts'

/** The metrics of a gateway process. */
export interface GatewayMetrics {
  /** Counts an event of the activity. */
  count(observation: Observation): void
  times: CallTimes
  /** Says what is read when someone asks. */
  follow(state: GatewayState): void
  snapshot(): Promise<MetricSnapshot>
}

interface GatewayState {
  database: Pick<Database, 'queries'>
  progress: Pick<Progress, 'lagSeconds'>
  source: { lagSeconds(): number | undefined }
  listeners: Pick<Listeners, 'listCertificates'>
  connections: { count(): { connections: number; handshakes: number } }
  tracer?: Pick<Tracer, 'counts'> | undefined
  clock: Clock
}

/** Creates the metrics of a gateway process. */
export function createGatewayMetrics(): GatewayMetrics {
  const { registry, snapshot } = createProcessMetrics('gateway')
  const outcomes = createOutcomeCounters(registry)
  const answered = createRequestDurations(registry, 20)
  const forwarded = createBoundedHistogram(
    {
      name: 'http_client_request_duration_seconds',
      help: 'Calls of an upstream, from the wait for a connection to the head of the answer.',
      labelNames: ['environment', 'status_class'],
      buckets: durationBuckets,
      maxSeries: 20,
    },
    registry,
  )
  return {
    count: outcomes.count,
    times: {
      answered: (environment, status, seconds) =>
        answered({ environment, status_class: statusClassOf(status) }, seconds),
      forwarded: (environment, status, seconds) =>
        forwarded({ environment, status_class: statusClassOf(status) }, seconds),
    },
    follow(state) {
      outcomes.followHandshakes(state.connections.count)
      addGauges(registry, state)
      addTraceMetrics(registry, state.tracer?.counts)
    },
    snapshot,
  }
}

type Registry = ReturnType<typeof createProcessMetrics>['registry']

/** Calls, token requests and handshakes by outcome: `ok`, or the code of the denial. */
function createOutcomeCounters(registry: Registry) {
  const calls = createBoundedCounter(
    {
      name: 'postern_gateway_calls_total',
      help: 'Calls by outcome: ok, or why they were denied.',
      labelNames: ['environment', 'outcome'],
      maxSeries: 250,
    },
    registry,
  )
  const tokens = createBoundedCounter(
    {
      name: 'postern_gateway_token_requests_total',
      help: 'Requests of the OAuth endpoints by outcome: ok, or why they were denied.',
      labelNames: ['environment', 'endpoint', 'outcome'],
      maxSeries: 150,
    },
    registry,
  )
  const broken = createBoundedCounter(
    {
      name: 'postern_gateway_handshakes_failed_total',
      help: 'TLS handshakes that failed, by cause.',
      labelNames: ['outcome'],
      maxSeries: 60,
    },
    registry,
  )
  return {
    count({ kind, code, environment, path, tlsVersion }: Observation): void {
      const outcome = code ?? 'ok'
      if (kind === 'call') calls({ environment, outcome })
      else if (kind === 'token') tokens({ environment, endpoint: toEndpoint(path), outcome })
      else if (tlsVersion === null) broken({ outcome })
    },
    followHandshakes(count: GatewayState['connections']['count']): void {
      new Counter({
        name: 'postern_gateway_handshakes_total',
        help: 'TLS handshakes that were completed.',
        registers: [registry],
        collect() {
          this.reset()
          this.inc(count().handshakes)
        },
      })
    },
  }
}

const toEndpoint = (path: string | null): string => {
  if (path === gatewayPaths.introspect) return 'introspect'
  return path === gatewayPaths.revoke ? 'revoke' : 'token'
}

function addGauges(registry: Registry, state: GatewayState): void {
  const { database, progress, source, listeners, connections, clock } = state
  const registers = [registry]
  new Gauge({
    name: 'postern_gateway_connections',
    help: 'Open TLS connections.',
    registers,
    aggregator: 'sum',
    collect() {
      this.set(connections.count().connections)
    },
  })
  new Gauge({
    name: 'postern_gateway_change_lag_seconds',
    help: 'How old the state of the store is that is in force, of the process that lags most.',
    registers,
    aggregator: 'max',
    collect() {
      this.set(progress.lagSeconds())
    },
  })
  if (source.lagSeconds() !== undefined)
    new Gauge({
      name: 'postern_gateway_replica_lag_seconds',
      help: 'For how long the read replica has not had all changes of the primary, of the process for which it is longest.',
      registers,
      aggregator: 'max',
      collect() {
        this.set(source.lagSeconds() ?? 0)
      },
    })
  new Gauge({
    name: 'postern_server_certificate_not_after_timestamp_seconds',
    help: 'When the server certificate in use expires.',
    labelNames: ['environment'],
    registers,
    aggregator: 'min',
    collect() {
      for (const { environment, notAfter } of listeners.listCertificates())
        this.set({ environment }, notAfter / 1000)
    },
  })
  readStoreTimes(registry, database, clock)
}
