import type { RejectedRows } from '../../contract/usage-batch.ts'
import { PosternError } from '../../errors.ts'
import type { Log } from './log.ts'
import { createRareReport } from './report-rarely.ts'

/** Logs the errors of writing telemetry. It logs codes and numbers, never a value. */
export function createTelemetryReport(log: Log, clock: { now(): number }) {
  const reportRarely = createRareReport(log, clock)
  const report = (kind: string, count: number, details: object, sentence: string): void =>
    reportRarely('warn', kind, count, { details, sentence })

  return {
    /** An error that is none of the store's is logged with its stack. */
    failed: (error: unknown, details: { lagMilliseconds: number; waitingRecords: number }): void =>
      error instanceof PosternError
        ? report('telemetry_not_written', 1, { code: error.detail ?? error.code, ...details }, notWritten)
        : reportRarely('error', 'telemetry_failed', 1, {
            details: { err: error, ...details },
            sentence: notWritten,
          }),
    rejected(all: readonly RejectedRows[]): void {
      for (const { part, code, count } of all)
        report(
          `telemetry_rows_rejected ${part} ${code}`.slice(0, 100),
          count,
          { part, code },
          'The store has rejected rows. They are left out, and the other rows are written.',
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

const notWritten = 'Records cannot be written; they are kept and tried again.'

export type TelemetryReport = ReturnType<typeof createTelemetryReport>
