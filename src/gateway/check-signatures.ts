import { createPublicKey, X509Certificate } from 'node:crypto'
import type { ParsedCertificate } from '../pki/certificate.ts'

/** Whether a key (SubjectPublicKeyInfo) has signed a certificate; false also for a key or an algorithm that OpenSSL does not take. */
export function isSignedBy({ der }: ParsedCertificate, spki: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
    return new X509Certificate(der).verify(key)
  } catch {
    return false
  }
}
