import { appendFileSync } from 'node:fs'
import { StatementSync } from 'node:sqlite'
import pg from 'pg'

/**
 * Preloaded into processes of Postern: writes each statement and its milliseconds to the file that
 * `POSTERN_BENCH_QUERIES` names, a line for each that takes longer than `POSTERN_BENCH_SLOW` milliseconds.
 */
const file = process.env.POSTERN_BENCH_QUERIES
const slow = Number(process.env.POSTERN_BENCH_SLOW)

function note(text: string, start: number): void {
  const milliseconds = performance.now() - start
  if (file !== undefined && milliseconds > slow)
    appendFileSync(file, `${JSON.stringify({ text, milliseconds })}\n`)
}

if (file !== undefined) {
  for (const name of ['all', 'get', 'run'] as const) {
    const work = StatementSync.prototype[name] as (...values: unknown[]) => unknown
    Object.assign(StatementSync.prototype, {
      [name](this: StatementSync, ...values: unknown[]) {
        const start = performance.now()
        try {
          return work.apply(this, values)
        } finally {
          note(this.sourceSQL, start)
        }
      },
    })
  }
  const query = pg.Client.prototype.query as (...values: unknown[]) => unknown
  Object.assign(pg.Client.prototype, {
    query(this: pg.Client, ...values: unknown[]) {
      const start = performance.now()
      const [first] = values as [string | { text: string }]
      const result = query.apply(this, values)
      const noteIt = () => note(typeof first === 'string' ? first : first.text, start)
      if (result instanceof Promise) result.then(noteIt, noteIt)
      return result
    },
  })
}
