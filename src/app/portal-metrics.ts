import type { RequestTimes } from '../http/time-requests.ts'
import type { Lane } from '../jobs/run-jobs.ts'
import {
  createBoundedCounter,
  createProcessMetrics,
  createRequestDurations,
  type MetricSnapshot,
  statusClassOf,
} from '../monitoring/process-metrics.ts'
import { readStoreTimes } from '../monitoring/store-times.ts'
import { addTraceMetrics } from '../monitoring/trace-metrics.ts'
import type { PlatformDependencies } from '../platform/platform-routes.ts'
import { addPlatformState } from './platform-metrics.ts'
import type { Dependencies } from './portal-dependencies.ts'
import type { BaseDependencies } from './portal-ground.ts'
import type { ScheduledTask } from './scheduled-tasks.ts'
import { createWorkMetrics } from './work-metrics.ts'

/** The metrics of a portal process. */
export interface PortalMetrics {
  times: RequestTimes
  /** Returns tasks that are counted. */
  watchTasks(tasks: readonly ScheduledTask[]): ScheduledTask[]
  /** Returns lanes whose jobs are counted. */
  watchLanes(lanes: Record<string, Lane>): Record<string, Lane>
  snapshot(): Promise<MetricSnapshot>
}

type Registry = ReturnType<typeof createProcessMetrics>['registry']

/** Creates the metrics of a portal process. */
export function createPortalMetrics(
  base: Pick<BaseDependencies, 'database' | 'clock' | 'tracer'>,
  platform: PlatformDependencies,
  { audit, auditExport, externalStatus }: Pick<Dependencies, 'audit' | 'auditExport' | 'externalStatus'>,
): PortalMetrics {
  const { registry, snapshot } = createProcessMetrics('portal')
  addPlatformState(registry, base, platform, { audit, auditExport, externalStatus })
  readStoreTimes(registry, base.database, base.clock)
  addTraceMetrics(registry, base.tracer?.counts)
  return { times: createRequestTimes(registry), ...createWorkMetrics(registry), snapshot }
}

function createRequestTimes(registry: Registry): RequestTimes {
  const requests = createBoundedCounter(
    {
      name: 'postern_portal_requests_total',
      help: 'Requests by operation of the API; page for everything else.',
      labelNames: ['operation', 'status_class'],
      maxSeries: 450,
    },
    registry,
  )
  const durations = createRequestDurations(registry, 10)
  const signIns = createBoundedCounter(
    {
      name: 'postern_sign_ins_total',
      help: 'Attempts to sign in.',
      labelNames: ['outcome'],
      maxSeries: 10,
    },
    registry,
  )
  return {
    answered(operation, status, seconds) {
      const statusClass = statusClassOf(status)
      requests({ operation, status_class: statusClass })
      if (seconds !== undefined) durations({ environment: '', status_class: statusClass }, seconds)
      if (operation === 'signIn') signIns({ outcome: toSignInOutcome(status) })
    },
  }
}

function toSignInOutcome(status: number): string {
  if (status < 300) return 'ok'
  if (status === 401) return 'failed'
  return status === 429 ? 'limited' : 'error'
}
