import type { Log } from './log.ts'

const reportMs = 60_000

/**
 * Gives what writes lines to the log, at most `most` a minute for each kind; what happened in between is counted with
 * the next line. There are as many kinds as the callers have words, so that nobody outside can make more.
 */
export function createRareReport(log: Log, clock: { now(): number }, most = 1) {
  const due = new Map<string, { since: number; lines: number; count: number }>()

  return (
    level: 'warn' | 'error',
    kind: string,
    count: number,
    { details, sentence }: { details: object; sentence: string },
  ): void => {
    const now = clock.now()
    const last = due.get(kind) ?? { since: now, lines: 0, count: 0 }
    due.set(kind, last)
    last.count += count
    // A clock that was set back must not keep the log silent until it is there again.
    if (now - last.since >= reportMs || now < last.since) Object.assign(last, { since: now, lines: 0 })
    if (last.lines >= most) return
    log[level]({ kind, ...details, count: last.count }, sentence)
    last.lines += 1
    last.count = 0
  }
}
