import { createPrivateKey, type KeyObject } from 'node:crypto'
import { seal, unseal } from '../storage/seal.ts'

/** A private key as it is stored: PKCS#8 sealed under `authorityKey`; `context` names what it is the key of. */
export function sealPrivateKey(authorityKey: Uint8Array, key: KeyObject, context: string): Uint8Array {
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' })
  const sealed = seal(authorityKey, pkcs8, context)
  pkcs8.fill(0)
  return sealed
}

/** The private key that was sealed. Throws `master_key_wrong`. */
export function openPrivateKey(authorityKey: Uint8Array, sealed: Uint8Array, context: string): KeyObject {
  const pkcs8 = Buffer.from(unseal(authorityKey, sealed, context))
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  pkcs8.fill(0)
  return key
}
