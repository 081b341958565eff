import {
  type HostReadiness,
  judgeHost,
  type ProcessRole,
  type ProcessState,
} from '../monitoring/judge-host.ts'
import type { MetricsMerger } from '../monitoring/merge-metrics.ts'
import type { MetricSnapshot } from '../monitoring/process-metrics.ts'
import type { Problem } from '../monitoring/readiness.ts'
import type { SupervisedProcess, Supervisor } from './supervise.ts'

/** A process looks for a second at most; one that hangs answers nothing. */
const patienceMs = 1500
/** A portal waits two seconds for its store. */
const metricsPatienceMs = 4000

/** What a supervisor knows of the host that it runs on. */
export interface HostMonitor {
  /** Returns whether the host is ready for a role, or for all of `roles`; undefined if it has no such role. */
  judge(role: ProcessRole | undefined, isStrict: boolean): Promise<HostReadiness | undefined>
  /** Returns the metrics of all processes, and their media type. */
  writeMetrics(): Promise<{ text: string; mediaType: string }>
  /** The host is going to stop. */
  drain(): void
}

/** Creates the monitor of a host that runs `roles`: those that are not started yet count as starting. */
export function createHostMonitor(
  supervisor: Pick<Supervisor, 'list' | 'drain'>,
  roles: readonly ProcessRole[],
): HostMonitor {
  let isDraining = false
  let asking: Promise<ProcessState[]> | undefined
  /** Those who ask while the processes are asked get the same answer. */
  const askAll = (): Promise<ProcessState[]> => {
    asking ??= Promise.all(supervisor.list().flatMap(askProcess)).finally(() => {
      asking = undefined
    })
    return asking
  }
  let merger: MetricsMerger | undefined
  let writing: ReturnType<HostMonitor['writeMetrics']> | undefined
  const write: HostMonitor['writeMetrics'] = async () => {
    merger ??= (await import('../monitoring/merge-metrics.ts')).createMetricsMerger()
    const scraped = supervisor.list().flatMap(({ role, run }) =>
      role === undefined || run === undefined
        ? []
        : [
            (async () => {
              const snapshot = run.isReady() ? await run.ask('metrics', metricsPatienceMs) : undefined
              return { process: run, snapshot: snapshot as MetricSnapshot | undefined }
            })(),
          ],
    )
    const [states, processes] = await Promise.all([askAll(), Promise.all(scraped)])
    const readiness = judgeHost(states, roles, { isDraining, isStrict: false })
    return { text: await merger.write(processes, readiness), mediaType: merger.contentType }
  }
  return {
    async judge(role, isStrict) {
      if (role !== undefined && !roles.includes(role)) return undefined
      const asked = role === undefined ? roles : [role]
      return judgeHost(await askAll(), asked, { isDraining, isStrict })
    },
    writeMetrics() {
      writing ??= write().finally(() => {
        writing = undefined
      })
      return writing
    },
    drain() {
      isDraining = true
      supervisor.drain()
    },
  }
}

function askProcess({ name, role, run }: SupervisedProcess): Promise<ProcessState>[] {
  if (role === undefined) return []
  return [
    (async (): Promise<ProcessState> => {
      if (run === undefined || !run.isReady()) return { name, role, state: 'starting', problems: [] }
      const problems = (await run.ask('readiness', patienceMs)) as Problem[] | undefined
      if (problems !== undefined) return { name, role, state: 'serving', problems }
      return { name, role, state: run.isStopping() ? 'starting' : 'silent', problems: [] }
    })(),
  ]
}
