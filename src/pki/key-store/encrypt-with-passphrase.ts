import { integer, nullValue, octetString, oid, sequence } from '../der/der-writer.ts'
import { oids } from '../der/oids.ts'
import { derivePkcs12Key } from './derive-pkcs12-key.ts'

/** Encrypts with 3DES in CBC mode and pads as in RFC 5652, section 6.3. WebCrypto has no 3DES. */
export type EncryptTripleDes = (key: Uint8Array, iv: Uint8Array, content: Uint8Array) => Uint8Array

/** Octets under a passphrase, and the AlgorithmIdentifier that says how. */
export interface Encrypted {
  algorithm: Uint8Array
  content: Uint8Array
}

/** Encrypts octets under a passphrase. */
export type Encrypt = (content: Uint8Array, passphrase: string) => Promise<Encrypted>

const saltOctets = 16
/**
 * The passphrase is random, so the count protects nothing that its 140 bits do not protect already. .NET refuses a file
 * whose counts add up to more than 600,000, and one count over 300,000 (KB5025823).
 */
const iterations = 200_000
/** What OpenSSL writes, and old systems expect. */
const legacyIterations = 2048

export const randomBytes = (octets: number): Uint8Array<ArrayBuffer> =>
  crypto.getRandomValues(new Uint8Array(octets))

/** Encrypts with AES-256-CBC and PBKDF2 with HMAC-SHA-256 (PBES2: RFC 8018, section 6.2). */
export const encryptWithAes: Encrypt = async (content, passphrase) => {
  const [salt, iv] = [randomBytes(saltOctets), randomBytes(16)]
  const secret = await crypto.subtle.importKey('raw', new TextEncoder().encode(passphrase), 'PBKDF2', false, [
    'deriveKey',
  ])
  const key = await crypto.subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations },
    secret,
    { name: 'AES-CBC', length: 256 },
    false,
    ['encrypt'],
  )
  const encrypted = await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, key, new Uint8Array(content))
  const derivation = sequence(
    octetString(salt),
    integer(iterations),
    sequence(oid(oids.hmacWithSHA256), nullValue),
  )
  const algorithm = sequence(
    oid(oids.pbes2),
    sequence(sequence(oid(oids.pbkdf2), derivation), sequence(oid(oids.aes256Cbc), octetString(iv))),
  )
  return { algorithm, content: new Uint8Array(encrypted) }
}

/** Returns encryption with 3DES and the key derivation of PKCS#12 (RFC 7292, appendix C), for old systems alone. */
export function createTripleDesEncryption(encryptTripleDes: EncryptTripleDes): Encrypt {
  return async (content, passphrase) => {
    const salt = randomBytes(saltOctets)
    const common = { hash: 'SHA-1', passphrase, salt, iterations: legacyIterations } as const
    const key = await derivePkcs12Key({ ...common, purpose: 1, length: 24 })
    const iv = await derivePkcs12Key({ ...common, purpose: 2, length: 8 })
    const algorithm = sequence(
      oid(oids.pbeWithSHAAnd3KeyTripleDesCbc),
      sequence(octetString(salt), integer(legacyIterations)),
    )
    return { algorithm, content: encryptTripleDes(key, iv, content) }
  }
}
