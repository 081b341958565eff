import type { Database } from '../storage/database.ts'
import type { Checkpoint } from './checkpoint.ts'

/** A key of the audit log as stored. */
export interface StoredKey {
  id: string
  /** SubjectPublicKeyInfo, DER. */
  publicKey: Uint8Array
  /** Null until an issuing CA has certified it. */
  certificateDer: Uint8Array | null
}

/** Creates the store of signed checkpoints of the audit log and their keys. */
export function createCheckpointStore({ queries }: Database) {
  return {
    /** Stores a checkpoint; if the same row has one already, the first stays. */
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

    /** Returns the first checkpoint at row `sequence` or after it. */
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

    /** Lists every checkpoint after row `sequence`, in order. */
    async listAfter(sequence: number): Promise<Checkpoint[]> {
      const rows = await queries
        .selectFrom('audit_checkpoints')
        .selectAll()
        .where('sequence', '>', sequence)
        .orderBy('sequence')
        .execute()
      return rows.map(toCheckpoint)
    },

    /** Lists the first `most` checkpoints after row `after` up to row `to`, in order. */
    async listBetween(after: number, to: number, most: number): Promise<Checkpoint[]> {
      const rows = await queries
        .selectFrom('audit_checkpoints')
        .selectAll()
        .where('sequence', '>', after)
        .where('sequence', '<=', to)
        .orderBy('sequence')
        .limit(most)
        .execute()
      return rows.map(toCheckpoint)
    },

    /** Lists the stored keys, which are unverified. */
    async listKeys(): Promise<StoredKey[]> {
      const columns = ['id', 'public_key', 'certificate_der'] as const
      const rows = await queries.selectFrom('audit_keys').select(columns).orderBy('created_at').execute()
      return rows.map((row) => ({
        id: row.id,
        publicKey: new Uint8Array(row.public_key),
        certificateDer: row.certificate_der && new Uint8Array(row.certificate_der),
      }))
    },

    /** Lists the certificates of root and issuing CAs, as possible intermediates of a key's certificate. */
    async listAuthorities(): Promise<Uint8Array[]> {
      const rows = await queries
        .selectFrom('issuers')
        .select('certificate_der')
        .where('kind', '!=', 'foreign')
        .execute()
      return rows.map((row) => new Uint8Array(row.certificate_der))
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
