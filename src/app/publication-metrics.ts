import { Gauge } from 'prom-client'
import type { Clock } from '../clock.ts'
import type { CountPublished } from '../http/revocation-endpoints.ts'
import {
  createBoundedCounter,
  createProcessMetrics,
  createRequestDurations,
  type MetricSnapshot,
  statusClassOf,
} from '../monitoring/process-metrics.ts'
import { readStoreTimes } from '../monitoring/store-times.ts'
import type { Database } from '../storage/database.ts'

/** The metrics of a process that publishes. */
export interface PublicationMetrics {
  count: CountPublished
  snapshot(): Promise<MetricSnapshot>
}

/** What is read when someone asks; times in milliseconds since 1970. */
interface PublicationState {
  database: Pick<Database, 'queries'>
  clock: Clock
  /** When the first of the CRLs in memory expires. */
  findListEnd(): number | undefined
  /** When the first of the OCSP responders in use expires. */
  findResponderEnd(): number | undefined
}

/** Creates the metrics of a process that publishes. */
export function createPublicationMetrics(state: PublicationState): PublicationMetrics {
  const { registry, snapshot } = createProcessMetrics('publication')
  const requests = createBoundedCounter(
    {
      name: 'postern_publication_requests_total',
      help: 'Requests by what was asked for: crl, ocsp, issuer, or other.',
      labelNames: ['resource', 'status_class'],
      maxSeries: 24,
    },
    registry,
  )
  const durations = createRequestDurations(registry, 10)
  readStoreTimes(registry, state.database, state.clock)
  const add = (name: string, help: string, find: () => number | undefined) =>
    new Gauge({
      // Of several processes, the one whose data expires first.
      ...{ name, help, registers: [registry], aggregator: 'min' },
      collect() {
        const at = find()
        if (at === undefined) this.remove()
        else this.set(at / 1000)
      },
    })
  add(
    'postern_publication_crl_next_update_timestamp_seconds',
    'When the first of the CRLs in memory expires.',
    state.findListEnd,
  )
  add(
    'postern_publication_responder_not_after_timestamp_seconds',
    'When the first of the OCSP responders in use expires.',
    state.findResponderEnd,
  )
  return {
    count(path, status, seconds) {
      const statusClass = statusClassOf(status)
      requests({ resource: toResource(path), status_class: statusClass })
      durations({ environment: '', status_class: statusClass }, seconds)
    },
    snapshot,
  }
}

function toResource(path: string): string {
  if (path.startsWith('/crl/')) return 'crl'
  if (path.startsWith('/ocsp/')) return 'ocsp'
  return path.startsWith('/issuers/') ? 'issuer' : 'other'
}
