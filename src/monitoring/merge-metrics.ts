import { AggregatorRegistry, Gauge, type Registry } from 'prom-client'
import { release } from '../release.ts'
import type { HostReadiness } from './judge-host.ts'
import type { MetricSnapshot } from './process-metrics.ts'

/** A process and its metrics; undefined if it did not answer. */
export interface ScrapedProcess {
  /** The same object as long as it is the same process. */
  process: object
  snapshot: MetricSnapshot | undefined
}

/** Merges the metrics of the processes of a host. */
export interface MetricsMerger {
  /** Returns the text that Prometheus reads. */
  write(processes: readonly ScrapedProcess[], readiness: HostReadiness): Promise<string>
  contentType: string
}

/**
 * Creates the merger of a host. Counters only grow: what a process had counted is kept when it ends or does
 * not answer, since Prometheus takes a smaller number for a restart and adds all of it once more.
 */
export function createMetricsMerger(): MetricsMerger {
  let ended: MetricSnapshot = []
  let latest = new Map<object, MetricSnapshot>()
  return {
    contentType: AggregatorRegistry.PROMETHEUS_CONTENT_TYPE,
    async write(processes, readiness) {
      const present = new Set(processes.map(({ process }) => process))
      const gone = [...latest].filter(([process]) => !present.has(process))
      if (gone.length > 0) ended = await add([ended, ...gone.map(([, last]) => toCounted(last))])
      const next = new Map<object, MetricSnapshot>()
      const now: MetricSnapshot[] = [ended]
      for (const { process, snapshot } of processes) {
        const last = latest.get(process)
        const known = snapshot ?? last
        if (known !== undefined) next.set(process, known)
        if (snapshot !== undefined) now.push(snapshot)
        else if (last !== undefined) now.push(toCounted(last))
      }
      latest = next
      const merged: Registry = AggregatorRegistry.aggregate(now.filter((one) => one.length > 0))
      addHost(merged, readiness)
      return merged.metrics()
    },
  }
}

const add = async (snapshots: readonly MetricSnapshot[]): Promise<MetricSnapshot> =>
  (await AggregatorRegistry.aggregate([...snapshots]).getMetricsAsJSON()) as MetricSnapshot

/** Prometheus knows the types by these words, and the library's own enumeration has numbers. */
const counted: ReadonlySet<unknown> = new Set(['counter', 'histogram', 'summary'])
const toCounted = (snapshot: MetricSnapshot): MetricSnapshot =>
  snapshot.filter(({ type }) => counted.has(type))

/** Adds what the supervisor itself knows. */
function addHost(registry: Registry, { roles, problems }: HostReadiness): void {
  const registers = [registry]
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers })
  gauge('postern_build_info', 'The release that runs; always 1.', ['version']).set({ version: release }, 1)
  const ready = gauge('postern_ready', 'Whether the host is ready for a role.', ['role'])
  const processes = gauge('postern_processes', 'Processes of a role.', ['role'])
  const serving = gauge('postern_processes_serving', 'Processes of a role that serve.', ['role'])
  const found = gauge('postern_readiness_problems', 'Processes with a problem that /readyz names.', [
    'role',
    'code',
  ])
  for (const { role, status, processes: count, serving: served } of roles) {
    ready.set({ role }, status === 'ready' ? 1 : 0)
    processes.set({ role }, count)
    serving.set({ role }, served)
  }
  for (const { role, code, processes: names } of problems)
    found.set({ role, code }, Math.max(1, names.length))
}
