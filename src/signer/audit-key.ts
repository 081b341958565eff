import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { CheckpointSigner } from '../audit/checkpoint.ts'
import type { Clock } from '../clock.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { locks, takeLock } from '../storage/lock-order.ts'
import { toSealedValues } from '../storage/sealed-column-store.ts'
import { openPrivateKey, sealPrivateKey } from './sealed-key.ts'
import { getSpki } from './sign-tbs.ts'

const contextOf = (id: string) => `audit-key:${id}`

interface OpenedKey {
  keyId: string
  key: KeyObject
  publicKey: Uint8Array
}

/**
 * Returns the key that signs checkpoints of the audit log (ECDSA, P-256, SHA-256), sealed like the keys of
 * the certificate authority; creates one if there is none. A key in the store that `authorityKey` does not
 * open was planted: it neither signs nor verifies. Throws `master_key_wrong` if there are keys and it opens
 * none.
 */
export async function openAuditKey(
  database: Database,
  authorityKey: MasterKey,
  clock: Clock,
): Promise<CheckpointSigner> {
  const { keyId, key, publicKey } = await database.transaction(async (tx) => {
    await takeLock(tx, locks.authority)
    const [newest] = await openAll(tx, authorityKey)
    return newest ?? insertKey(tx, authorityKey, clock.now())
  })
  return {
    keyId,
    publicKey,
    sign: (statement: Uint8Array) =>
      new Promise<Uint8Array>((resolve, reject) =>
        sign('sha256', statement, key, (error, signature) =>
          error === null ? resolve(signature) : reject(error),
        ),
      ),
  }
}

/**
 * Returns the public keys (SPKI, DER) of the audit keys that are sealed under `authorityKey`. Throws
 * `master_key_wrong`.
 */
export async function listSealedAuditKeys(queries: Queries, authorityKey: MasterKey): Promise<Uint8Array[]> {
  return (await openAll(queries, authorityKey)).map(({ publicKey }) => publicKey)
}

/** Returns the opened audit keys, the latest first. */
async function openAll(queries: Queries, authorityKey: MasterKey): Promise<OpenedKey[]> {
  const rows = await queries.selectFrom('audit_keys').selectAll().orderBy('created_at', 'desc').execute()
  const opened: OpenedKey[] = []
  let problem: unknown
  for (const { id, sealed_key: sealed } of rows) {
    try {
      const key = openPrivateKey(authorityKey, sealed, contextOf(id))
      // Derived from the private key, since the stored public key is not sealed.
      opened.push({ keyId: id, key, publicKey: getSpki(key) })
    } catch (error) {
      problem = error
    }
  }
  if (opened.length === 0 && problem !== undefined) throw problem
  return opened
}

async function insertKey(tx: Tx, authorityKey: MasterKey, now: number): Promise<OpenedKey> {
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = newId('auditKey', now)
  const publicKey = getSpki(key)
  const sealedKey = sealPrivateKey(authorityKey, key, contextOf(id))
  const values = { id, public_key: publicKey, sealed_key: sealedKey, created_at: now }
  await tx.insertInto('audit_keys').values(values).execute()
  return { keyId: id, key, publicKey }
}

/** The private keys of the audit log, under the authority key. */
export const sealedAuditKeys = toSealedValues({
  name: 'keys of the audit log',
  ...{ table: 'audit_keys', id: 'id', column: 'sealed_key', contextOf },
})
