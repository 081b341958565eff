import { createCipheriv, type KeyObject, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { integer, nullValue, octetString, oid, sequence } from '../pki/der/der-writer.ts'
import { toPem } from '../pki/text/pem.ts'

/** Object identifiers of PKCS#5 (RFC 8018, appendices A and B.1.2) and AES (NIST). */
const algorithms = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacWithSHA256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
}
/** More than OWASP requires (600,000); half a second with the right passphrase. */
const iterations = 1_000_000

/**
 * Returns a private key as an encrypted PKCS#8 file in PEM (RFC 5958; PBES2 of RFC 8018): AES-256-CBC under a
 * key that PBKDF2 with HMAC-SHA-256 derives from the passphrase. Node's own export uses 2048 iterations.
 */
export async function encryptPrivateKey(key: KeyObject, passphrase: string): Promise<string> {
  const [salt, iv] = [randomBytes(16), randomBytes(16)]
  const derived = await promisify(pbkdf2)(passphrase, salt, iterations, 32, 'sha256')
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' })
  const cipher = createCipheriv('aes-256-cbc', derived, iv)
  const encrypted = Buffer.concat([cipher.update(pkcs8), cipher.final()])
  for (const secret of [derived, pkcs8]) secret.fill(0)
  const derivation = sequence(
    oid(algorithms.pbkdf2),
    sequence(octetString(salt), integer(iterations), sequence(oid(algorithms.hmacWithSHA256), nullValue)),
  )
  const encryption = sequence(oid(algorithms.aes256Cbc), octetString(iv))
  const der = sequence(
    sequence(oid(algorithms.pbes2), sequence(derivation, encryption)),
    octetString(encrypted),
  )
  return toPem('ENCRYPTED PRIVATE KEY', der)
}
