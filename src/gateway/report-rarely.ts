import type { Log } from './log.ts'

const reportMilliseconds = 60_000

/**
 * Gives what writes lines to the log, at most once a minute for each kind; what happened in between is counted with
 * the next line. There are as many kinds as the callers have words, so that nobody outside can make more.
 */
export function createRareReport(log: Log, clock: { now(): number }) {
  const due = new Map<string, { at: number; count: number }>()

  return (
    level: 'warn' | 'error',
    kind: string,
    count: number,
    { facts, sentence }: { facts: object; sentence: string },
  ): void => {
    const now = clock.now()
    const last = due.get(kind) ?? { at: Number.NEGATIVE_INFINITY, count: 0 }
    last.count += count
    due.set(kind, last)
    if (now - last.at < reportMilliseconds) return
    log[level]({ kind, ...facts, count: last.count }, sentence)
    due.set(kind, { at: now, count: 0 })
  }
}
