import type { Log } from './log.ts'

const reportMs = 60_000

/**
 * Returns a function that logs at most `most` lines a minute for each kind; the next line has the number of
 * omitted ones. Kinds are literals in the code, so that a client cannot create more.
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
