import { setImmediate as letOthersRun } from 'node:timers/promises'
import { type ChainEnd, type ChainProblem, findChainProblem } from './audit-chain.ts'
import type { AuditStore } from './audit-store.ts'

const rowsAtOnce = 1000

/**
 * Reads the rows after `start`, checks that each continues the chain, and returns the last one. `onRow`
 * receives each valid row, and may return a problem of its own.
 */
export async function followChain(
  audit: Pick<AuditStore, 'readAfter'>,
  start: ChainEnd,
  onRow: (end: ChainEnd) => ChainProblem | undefined = () => undefined,
): Promise<{ end: ChainEnd; problem: ChainProblem | undefined }> {
  let end: ChainEnd = { sequence: start.sequence, hash: start.hash }
  for (;;) {
    const rows = await audit.readAfter(end.sequence, rowsAtOnce)
    for (const row of rows) {
      const problem = findChainProblem(end, row)
      if (problem !== undefined) return { end, problem }
      end = { sequence: row.sequence, hash: row.hash }
      const other = onRow(end)
      if (other !== undefined) return { end, problem: other }
    }
    if (rows.length < rowsAtOnce) return { end, problem: undefined }
    // SQLite answers synchronously: without this a long log would block every request until it is read.
    await letOthersRun()
  }
}
