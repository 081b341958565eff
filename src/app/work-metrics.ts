import { Counter, Gauge, type Registry } from 'prom-client'
import type { Lane } from '../jobs/run-jobs.ts'
import type { ScheduledTask } from './scheduled-tasks.ts'

/** Counts jobs and scheduled tasks: how often, with which result, for how long, and when they last succeeded. */
export function createWorkMetrics(registry: Registry) {
  const watchTask = createWatch(registry, 'task', { label: 'task', noun: 'Scheduled tasks' })
  const watchJob = createWatch(registry, 'job', { label: 'kind', noun: 'Jobs' })
  return {
    watchTasks: (tasks: readonly ScheduledTask[]): ScheduledTask[] =>
      tasks.map((task) => ({ ...task, work: () => watchTask(task.name, task.work) })),
    watchLanes: (lanes: Record<string, Lane>): Record<string, Lane> =>
      Object.fromEntries(
        Object.entries(lanes).map(([kind, lane]) => [
          kind,
          { ...lane, handler: (key, signal) => watchJob(kind, () => lane.handler(key, signal)) },
        ]),
      ),
  }
}

/** The label is not `job`, which Prometheus sets itself. Its values are names of the program: their number is fixed. */
function createWatch(
  registry: Registry,
  prefix: 'task' | 'job',
  { label, noun }: { label: string; noun: string },
) {
  const registers = [registry]
  const runs = new Counter({
    ...{ name: `postern_${prefix}_runs_total`, help: `${noun} by result.` },
    ...{ labelNames: [label, 'result'], registers },
  })
  const seconds = new Counter({
    ...{ name: `postern_${prefix}_seconds_total`, help: `${noun}: the time that they took.` },
    ...{ labelNames: [label], registers },
  })
  const succeeded = new Gauge({
    name: `postern_${prefix}_last_success_timestamp_seconds`,
    help: `${noun}: when they last succeeded in this process.`,
    ...{ labelNames: [label], registers, aggregator: 'max' as const },
  })
  return async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const begun = performance.now()
    let result = 'failed'
    try {
      const done = await work()
      result = 'ok'
      succeeded.setToCurrentTime({ [label]: name })
      return done
    } finally {
      runs.inc({ [label]: name, result })
      seconds.inc({ [label]: name }, (performance.now() - begun) / 1000)
    }
  }
}
