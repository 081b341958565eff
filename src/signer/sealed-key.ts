import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { MasterKey } from '../shapes/master-key.ts'
import { seal, unseal } from '../storage/seal.ts'

/**
 * Returns a private key as it is stored: PKCS#8 sealed under `authorityKey`; `context` identifies the owner
 * of the key.
 */
export function sealPrivateKey(authorityKey: MasterKey, key: KeyObject, context: string): Uint8Array {
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' })
  const sealed = seal(authorityKey, pkcs8, context)
  pkcs8.fill(0)
  return sealed
}

/** Opens a sealed private key. Throws `master_key_wrong`. */
export function openPrivateKey(authorityKey: MasterKey, sealed: Uint8Array, context: string): KeyObject {
  const pkcs8 = Buffer.from(unseal(authorityKey, sealed, context))
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  pkcs8.fill(0)
  return key
}
