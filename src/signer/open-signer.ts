import type { Signer } from '../pki/signer.ts'
import type { Database } from '../storage/database.ts'
import type { Hsm } from './hsm.ts'
import { openIssuerKey } from './issuer-key-store.ts'
import { type SigningKey, signTbs } from './sign-tbs.ts'

/**
 * A signer with the keys of the authority: those that are sealed in the store, which `authorityKey` (32 bytes)
 * opens, and those in a token. A key is kept in memory once it is used, except that of the root: it may be
 * taken offline while this process runs.
 */
export function openSigner(database: Database, authorityKey: Uint8Array, hsm?: Hsm): Signer {
  const keys = new Map<string, SigningKey>()
  return {
    async sign(issuerId, tbs) {
      const kept = keys.get(issuerId)
      if (kept !== undefined) return signTbs(kept, tbs)
      const key = await openIssuerKey(database.queries, { authorityKey, hsm }, issuerId)
      if (!key.isRoot) keys.set(issuerId, key)
      return signTbs(key, tbs)
    },
  }
}
