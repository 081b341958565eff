import type { Database } from '../storage/database.ts'
import type { Checkpoint } from './checkpoint.ts'

/** Signed checkpoints of the audit log and the keys that signed them. */
export function createCheckpointStore({ queries }: Database) {
  return {
    /** Keeps a checkpoint; the same row may be stated twice, the first statement stays. */
    async insert({ keyId, ...checkpoint }: Checkpoint): Promise<void> {
      await queries
        .insertInto('audit_checkpoints')
        .values({ ...checkpoint, key_id: keyId })
        .onConflict((conflict) => conflict.column('sequence').doNothing())
        .execute()
    },

    async findLatest(): Promise<Checkpoint | undefined> {
      const row = await queries
        .selectFrom('audit_checkpoints')
        .selectAll()
        .orderBy('sequence', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row && toCheckpoint(row)
    },

    /** The first checkpoint at row `sequence` or after it. */
    async findFrom(sequence: number): Promise<Checkpoint | undefined> {
      const row = await queries
        .selectFrom('audit_checkpoints')
        .selectAll()
        .where('sequence', '>=', sequence)
        .orderBy('sequence')
        .limit(1)
        .executeTakeFirst()
      return row && toCheckpoint(row)
    },

    /** Every checkpoint after row `sequence`, in order. */
    async listAfter(sequence: number): Promise<Checkpoint[]> {
      const rows = await queries
        .selectFrom('audit_checkpoints')
        .selectAll()
        .where('sequence', '>', sequence)
        .orderBy('sequence')
        .execute()
      return rows.map(toCheckpoint)
    },

    /** The SubjectPublicKeyInfo of every key, by its id. */
    async listKeys(): Promise<Map<string, Uint8Array>> {
      const rows = await queries.selectFrom('audit_keys').select(['id', 'public_key']).execute()
      return new Map(rows.map((row) => [row.id, new Uint8Array(row.public_key)]))
    },
  }
}

export type CheckpointStore = ReturnType<typeof createCheckpointStore>

function toCheckpoint(row: {
  sequence: number
  hash: string
  at: number
  key_id: string
  signature: Uint8Array
}): Checkpoint {
  const { key_id: keyId, signature, ...rest } = row
  return { ...rest, keyId, signature: new Uint8Array(signature) }
}
