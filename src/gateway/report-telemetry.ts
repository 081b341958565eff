import type { RejectedRows } from '../contract/usage-batch.ts'
import type { Log } from './log.ts'

const reportMilliseconds = 60_000

/**
 * Says in the log what is in the way of writing, at most once a minute for each kind; what happened in between is
 * counted with the next line. It names codes and numbers, never a value.
 */
export function createTelemetryReport(log: Log, clock: { now(): number }) {
  const due = new Map<string, { at: number; count: number }>()

  const report = (kind: string, count: number, facts: object, sentence: string): void => {
    const now = clock.now()
    const last = due.get(kind) ?? { at: Number.NEGATIVE_INFINITY, count: 0 }
    last.count += count
    due.set(kind, last)
    if (now - last.at < reportMilliseconds) return
    log.warn({ kind, ...facts, count: last.count }, sentence)
    due.set(kind, { at: now, count: 0 })
  }

  return {
    /** `code` is what the store calls the reason. */
    failed: (code: string, facts: { lagMilliseconds: number; waitingRecords: number }) =>
      report(
        'telemetry_not_written',
        1,
        { code, ...facts },
        'Records cannot be written; they are kept and tried again.',
      ),
    rejected(all: readonly RejectedRows[]): void {
      for (const { part, code, count } of all)
        report(
          `telemetry_rows_rejected ${part} ${code}`.slice(0, 100),
          count,
          { part, code },
          'The store has refused rows; they are left out, and the rest is written.',
        )
    },
    dropped: (count: number) =>
      report(
        'telemetry_records_dropped',
        count,
        {},
        'Records had to make room for newer ones; counters know of them.',
      ),
  }
}

export type TelemetryReport = ReturnType<typeof createTelemetryReport>
