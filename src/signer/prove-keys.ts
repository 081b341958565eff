import { randomBytes, sign, verify, X509Certificate } from 'node:crypto'
import type { MasterKey } from '../shapes/master-key.ts'
import type { Queries } from '../storage/database.ts'
import { openSealedIssuerKeys } from './issuer-key-store.ts'
import { notAuthentic } from './record-seals.ts'

/** No certificate, CRL or response begins like this, so that the signature is good for nothing else. */
const canaryPrefix = 'Postern canary of a backup: '

/**
 * Opens every sealed key of an issuer, lets it sign random octets, and checks the signature with the certificate of the
 * issuer. Returns how many keys that were. Throws `master_key_wrong` or `record_not_authentic`.
 */
export async function proveIssuerKeys(queries: Queries, authorityKey: MasterKey): Promise<number> {
  const keys = await openSealedIssuerKeys(queries, authorityKey)
  for (const { issuerId, key, certificateDer } of keys) {
    const canary = Buffer.concat([Buffer.from(canaryPrefix), randomBytes(32)])
    const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
    const { publicKey } = new X509Certificate(certificateDer)
    if (!verify(hash, canary, publicKey, sign(hash, canary, key)))
      throw notAuthentic(`the certificate of the issuer ${issuerId} is not the one of its key`)
  }
  return keys.length
}
