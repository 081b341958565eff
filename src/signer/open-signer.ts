import type { KeyObject } from 'node:crypto'
import type { Signer } from '../pki/signer.ts'
import type { Database } from '../storage/database.ts'
import { openIssuerKey } from './issuer-key-store.ts'
import { signTbs } from './sign-tbs.ts'

/** A signer with the sealed keys of the store. `authorityKey` (32 bytes) opens them, each when it is first used. */
export function openSigner(database: Database, authorityKey: Uint8Array): Signer {
  const keys = new Map<string, KeyObject>()
  return {
    async sign(issuerId, tbs) {
      const key = keys.get(issuerId) ?? (await openIssuerKey(database.queries, authorityKey, issuerId))
      keys.set(issuerId, key)
      return signTbs(key, tbs)
    },
  }
}
