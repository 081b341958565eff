import type { MasterKey } from '../shapes/master-key.ts'
import type { Queries, Tx } from './database.ts'
import type { Sealer } from './seal.ts'

/** A row, and which key sealed what it holds: the second one if anything of it is under that. */
export interface SealedRow {
  id: string
  sealer: Sealer
}

/** Values of one kind that a master key seals, one or more in each row. */
export interface SealedValues {
  /** What they are, plural, for people: `secrets of webhooks`. */
  name: string
  /** The columns that hold them: `webhook_secrets.sealed`. */
  columns: readonly string[]
  /** Returns the `limit` rows after an ID, in the order of their IDs. */
  find(queries: Queries, key: MasterKey, after: string, limit: number): Promise<SealedRow[]>
  /** Seals what rows hold under the first key, as far as the second one opens it. Returns how many rows it changed. */
  reseal(tx: Tx, key: MasterKey, ids: readonly string[]): Promise<number>
}
