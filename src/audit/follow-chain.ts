import { setImmediate as letOthersRun } from 'node:timers/promises'
import { type ChainEnd, type ChainProblem, findChainProblem } from './audit-chain.ts'
import type { AuditStore } from './audit-store.ts'
import { type RedactionTrack, trackRedactions } from './redaction.ts'

const rowsAtOnce = 1000
/** How often the end is looked for again because rows were redacted meanwhile. */
const maxRounds = 5

/** What following a chain gives: the last row, and the first problem. */
export interface Followed {
  end: ChainEnd
  problem: ChainProblem | undefined
}

/**
 * Reads the rows after `start`, checks that each continues the chain and that what was redacted was so by one of the
 * `keys` (SPKI, DER), and returns the last one. `onRow` receives each valid row, and may return a problem of its own.
 */
export async function followChain(
  audit: Pick<AuditStore, 'readAfter'>,
  start: ChainEnd,
  keys: readonly Uint8Array[],
  onRow: (end: ChainEnd) => ChainProblem | undefined = () => undefined,
): Promise<Followed> {
  const track = trackRedactions(start.sequence, keys)
  let end: ChainEnd = { sequence: start.sequence, hash: start.hash }
  for (let round = 1; ; round += 1) {
    const part = await readOn(audit, end, track, onRow)
    if (part.problem !== undefined) return part
    const problem = await findUncovered(audit, track)
    // A row that was redacted after it was read is covered by a row behind the end.
    const isDone = problem === undefined || part.end.sequence === end.sequence || round === maxRounds
    end = part.end
    if (isDone) return { end, problem }
  }
}

async function readOn(
  audit: Pick<AuditStore, 'readAfter'>,
  start: ChainEnd,
  track: RedactionTrack,
  onRow: (end: ChainEnd) => ChainProblem | undefined,
): Promise<Followed> {
  let end = start
  for (;;) {
    const rows = await audit.readAfter(end.sequence, rowsAtOnce)
    for (const row of rows) {
      const problem = findChainProblem(end, row) ?? track.take(row)
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

/** Returns the first row that is redacted without a right to it, or is not though it should be; as it is now. */
async function findUncovered(
  audit: Pick<AuditStore, 'readAfter'>,
  track: RedactionTrack,
): Promise<ChainProblem | undefined> {
  for (const sequence of track.listDoubtful()) {
    const [row] = await audit.readAfter(sequence - 1, 1)
    if (row?.sequence !== sequence || !track.isCovered(row)) return { sequence, kind: 'altered' }
  }
  return undefined
}
