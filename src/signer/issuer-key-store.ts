import type { KeyObject } from 'node:crypto'
import { PosternError } from '../errors.ts'
import type { Database, Tx } from '../storage/database.ts'
import { reseal } from '../storage/seal.ts'
import { openPrivateKey, sealPrivateKey } from './sealed-key.ts'

const contextOf = (issuerId: string) => `issuer-key:${issuerId}`

/** Keeps the private key of an issuer, sealed. */
export async function insertIssuerKey(
  tx: Tx,
  authorityKey: Uint8Array,
  issuerId: string,
  key: KeyObject,
  now: number,
): Promise<void> {
  await tx
    .insertInto('issuer_keys')
    .values({
      issuer_id: issuerId,
      algorithm: key.asymmetricKeyType ?? 'unknown',
      sealed_key: sealPrivateKey(authorityKey, key, contextOf(issuerId)),
      created_at: now,
    })
    .execute()
}

/** The private key of an issuer. Throws `issuer_unavailable` where it is not here, `master_key_wrong` where it cannot be opened. */
export async function openIssuerKey(
  queries: Database['queries'],
  authorityKey: Uint8Array,
  issuerId: string,
): Promise<KeyObject> {
  const row = await queries
    .selectFrom('issuer_keys')
    .select('sealed_key')
    .where('issuer_id', '=', issuerId)
    .executeTakeFirst()
  if (row === undefined) {
    throw new PosternError(
      'issuer_unavailable',
      'The key of this issuer is not on this machine. Ask the operator to connect it.',
    )
  }
  return openPrivateKey(authorityKey, row.sealed_key, contextOf(issuerId))
}

/** Seals the key of every issuer under `to`. Throws `master_key_wrong` where `from` does not open one of them. */
export async function rewrapIssuerKeys(tx: Tx, from: Uint8Array, to: Uint8Array): Promise<void> {
  for (const { issuer_id: id, sealed_key: sealed } of await tx
    .selectFrom('issuer_keys')
    .selectAll()
    .execute()) {
    const sealedKey = reseal(from, to, sealed, contextOf(id))
    await tx.updateTable('issuer_keys').set({ sealed_key: sealedKey }).where('issuer_id', '=', id).execute()
  }
}
