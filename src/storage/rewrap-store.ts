import type { MasterKey } from '../shapes/master-key.ts'
import type { Database, Queries, Tx } from './database.ts'
import type { SealedRow, SealedValues } from './sealed-values.ts'

/** A transaction that seals so many rows anew takes some milliseconds. */
const batchSize = 200

/** How many rows are sealed under which key. */
export interface SealCount {
  first: number
  second: number
  neither: number
  /** The IDs of the first rows that no key opens. */
  unopened: string[]
}

const namedAtMost = 10

/**
 * Seals values anew that are under the second key, in one transaction for each batch. Nothing is lost if it is ended at
 * any point, and run again it goes on. `record` is called in each transaction with the number of its rows. Returns how
 * many rows it changed.
 */
export async function rewrapValues(
  database: Database,
  key: MasterKey,
  values: SealedValues,
  record: (tx: Tx, count: number) => Promise<void>,
): Promise<number> {
  let changed = 0
  for await (const rows of readBatches(database.queries, key, values)) {
    const ids = rows.flatMap(({ id, sealer }) => (sealer === 'second' ? [id] : []))
    if (ids.length === 0) continue
    changed += await database.transaction(async (tx) => {
      const count = await values.reseal(tx, key, ids)
      if (count > 0) await record(tx, count)
      return count
    })
  }
  return changed
}

/** Reads all values, and counts which key seals them. */
export async function countSealers(
  queries: Queries,
  key: MasterKey,
  values: SealedValues,
): Promise<SealCount> {
  const count: SealCount = { first: 0, second: 0, neither: 0, unopened: [] }
  for await (const rows of readBatches(queries, key, values))
    for (const { id, sealer } of rows) {
      count[sealer] += 1
      if (sealer === 'neither' && count.unopened.length < namedAtMost) count.unopened.push(id)
    }
  return count
}

async function* readBatches(
  queries: Queries,
  key: MasterKey,
  values: SealedValues,
): AsyncGenerator<SealedRow[]> {
  for (let after = ''; ; ) {
    const rows = await values.find(queries, key, after, batchSize)
    if (rows.length > 0) yield rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < batchSize) return
    after = last.id
  }
}
