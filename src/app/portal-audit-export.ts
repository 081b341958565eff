import { hostname } from 'node:os'
import { createExportCursorStore } from '../audit/export/export-cursor-store.ts'
import { exportRows } from '../audit/export/export-rows.ts'
import { createFileTarget } from '../audit/export/file-target.ts'
import { createSyslogTarget } from '../audit/export/syslog-target.ts'
import { enqueueMissingJob } from '../jobs/job-store.ts'
import type { Lane } from '../jobs/run-jobs.ts'
import { quiet } from '../storage/transact.ts'
import type { buildAudit } from './portal-audit.ts'
import type { BaseDependencies } from './portal-ground.ts'
import type { ScheduledTask } from './scheduled-tasks.ts'

const kind = 'export_audit'
const everyMs = 2000
const maxDelayMs = 60_000
const never = Number.MAX_SAFE_INTEGER

/** How far a target is behind the audit log. */
export interface ExportLag {
  target: 'file' | 'syslog'
  rows: number
  /** Since when the first row waits: milliseconds since 1970, null if none waits. */
  since: number | null
}

/** The export of the audit log to a file of this machine and to a syslog server. */
export interface AuditExport {
  lanes: Record<string, Lane>
  tasks: ScheduledTask[]
  /** Returns the lag of each target of the configuration. */
  listLags(): Promise<ExportLag[]>
  /** Breaks off what goes to a file; jobs end by themselves. */
  stop(): void
}

/**
 * Builds the export of the audit log. Every portal writes its own file. Only one of them at a time sends to the syslog
 * server: as a job.
 */
export function buildAuditExport(
  base: Pick<BaseDependencies, 'config' | 'database' | 'clock'>,
  { audit, checkpoints }: Pick<ReturnType<typeof buildAudit>, 'audit' | 'checkpoints'>,
): AuditExport {
  const { config, database, clock } = base
  const { file, syslog } = config.audit.export
  const cursors = createExportCursorStore(database)
  const parts = { audit, checkpoints, cursors, clock }
  const stop = new AbortController()
  const ofFile = file === null ? [] : [{ key: `file ${hostname()} ${file}`, target: createFileTarget(file) }]
  const ofSyslog =
    syslog === null ? [] : [{ key: 'syslog', target: createSyslogTarget(syslog, () => clock.now()) }]
  return {
    lanes: Object.fromEntries(
      ofSyslog.map((target) => [kind, createLane((signal) => exportRows(parts, target, signal))]),
    ),
    tasks: [
      ...ofFile.map((target) => ({
        name: 'export-audit-to-file',
        everyMs,
        everywhere: true,
        work: slowDown(() => untilStopped(exportRows(parts, target, stop.signal), stop.signal)),
      })),
      ...ofSyslog.map(({ key }) => ({
        name: 'request-audit-export',
        everyMs,
        async work() {
          const { rows } = await cursors.findLag(key)
          if (rows === 0) return
          const now = clock.now()
          await database.transaction((tx) => enqueueMissingJob(tx, { kind, key, owner: null }, now), quiet)
        },
      })),
    ],
    listLags: () =>
      Promise.all([
        ...ofFile.map(async ({ key }) => ({ target: 'file' as const, ...(await cursors.findLag(key)) })),
        ...ofSyslog.map(async ({ key }) => ({ target: 'syslog' as const, ...(await cursors.findLag(key)) })),
      ]),
    stop: () => stop.abort(new Error('Postern stops')),
  }
}

/** What is behind is never given up. */
const createLane = (work: (signal: AbortSignal) => Promise<void>): Lane => ({
  handler: (_, signal) => work(signal),
  workers: 1,
  attemptSeconds: 10 * 60,
  maxAttempts: never,
  longestDelaySeconds: maxDelayMs / 1000,
  isSpread: true,
})

/** Returns work that does nothing for a while after it failed, longer each time. */
function slowDown(work: () => Promise<void>): () => Promise<void> {
  let failures = 0
  let dueAt = 0
  return async () => {
    if (performance.now() < dueAt) return
    try {
      await work()
      failures = 0
    } catch (error) {
      failures += 1
      const delay = Math.min(everyMs * 2 ** (failures - 1), maxDelayMs)
      dueAt = performance.now() + delay * (0.5 + Math.random() / 2)
      throw error
    }
  }
}

/** A disk that hangs holds no stop up. */
async function untilStopped(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: stopped, resolve } = Promise.withResolvers<void>()
  const stop = () => resolve()
  signal.addEventListener('abort', stop, { once: true })
  try {
    await Promise.race([work, stopped])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
