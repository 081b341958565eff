import { generateKeyPairSync, sign } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Database, Tx } from '../storage/database.ts'
import { locks, takeLock } from '../storage/engine.ts'
import { newId } from '../storage/id.ts'
import { reseal } from '../storage/seal.ts'
import { openPrivateKey, sealPrivateKey } from './sealed-key.ts'
import { spkiOf } from './sign-tbs.ts'

const contextOf = (id: string) => `audit-key:${id}`

/**
 * The key that signs checkpoints of the audit log (ECDSA, P-256, SHA-256), made where there is none and
 * sealed like the keys of the authority. Throws `master_key_wrong`.
 */
export async function openAuditKey(database: Database, authorityKey: Uint8Array, clock: Clock) {
  const { id, sealed } = await database.transaction(async (tx) => {
    await takeLock(tx, locks.authority)
    const row = await tx
      .selectFrom('audit_keys')
      .select(['id', 'sealed_key'])
      .orderBy('created_at', 'desc')
      .executeTakeFirst()
    if (row !== undefined) return { id: row.id, sealed: row.sealed_key }
    const now = clock.now()
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const made = newId('key', now)
    const sealedKey = sealPrivateKey(authorityKey, privateKey, contextOf(made))
    const values = { id: made, public_key: spkiOf(privateKey), sealed_key: sealedKey, created_at: now }
    await tx.insertInto('audit_keys').values(values).execute()
    return { id: made, sealed: sealedKey }
  })
  const key = openPrivateKey(authorityKey, sealed, contextOf(id))
  return {
    keyId: id,
    sign: (statement: Uint8Array) =>
      new Promise<Uint8Array>((resolve, reject) =>
        sign('sha256', statement, key, (error, signature) =>
          error === null ? resolve(signature) : reject(error),
        ),
      ),
  }
}

/** Seals every audit key under `to`. Throws `master_key_wrong` where `from` does not open one of them. */
export async function rewrapAuditKeys(tx: Tx, from: Uint8Array, to: Uint8Array): Promise<void> {
  for (const { id, sealed_key: sealed } of await tx.selectFrom('audit_keys').selectAll().execute()) {
    const sealedKey = reseal(from, to, sealed, contextOf(id))
    await tx.updateTable('audit_keys').set({ sealed_key: sealedKey }).where('id', '=', id).execute()
  }
}
