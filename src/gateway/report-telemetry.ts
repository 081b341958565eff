import type { RejectedRows } from '../contract/usage-batch.ts'
import type { Log } from './log.ts'
import { createRareReport } from './report-rarely.ts'

/** Says in the log what is in the way of writing. It names codes and numbers, never a value. */
export function createTelemetryReport(log: Log, clock: { now(): number }) {
  const reportRarely = createRareReport(log, clock)
  const report = (kind: string, count: number, facts: object, sentence: string): void =>
    reportRarely('warn', kind, count, { facts, sentence })

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
