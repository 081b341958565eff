import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Queries } from './transact.ts'

const pauseMs = 50
const maxWaitMs = 10_000

/**
 * Moves the write-ahead log of SQLite into the file and empties it, so that it retains no deleted data.
 * Returns whether it succeeded, which readers may prevent: it waits for each, ten seconds in total.
 */
export async function emptyLog(queries: Queries): Promise<boolean> {
  for (const end = performance.now() + maxWaitMs; performance.now() < end; ) {
    const { rows } = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(queries)
    if (rows[0]?.busy === 0) return true
    await wait(pauseMs)
  }
  return false
}
