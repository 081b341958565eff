import { DerReader } from '../der/der-reader.ts'
import { tags } from '../der/der-tags.ts'
import { identifyDer } from '../der/identify-der.ts'
import { oids } from '../der/oids.ts'
import { KeyFileProblem } from './key-file-problem.ts'
import { unsupported } from './read-private-key.ts'

const hashes: Record<string, string> = {
  [oids.hmacWithSHA1]: 'SHA-1',
  [oids.hmacWithSHA256]: 'SHA-256',
  [oids.hmacWithSHA384]: 'SHA-384',
  [oids.hmacWithSHA512]: 'SHA-512',
}
const keyBits: Record<string, number> = { [oids.aes128Cbc]: 128, [oids.aes256Cbc]: 256 }
/** More would keep the page busy for minutes; programs write far fewer. */
const maxIterations = 10_000_000

/** What PBES2 says of an encrypted key. */
interface Encryption {
  hash: string
  salt: Uint8Array
  iterations: number
  bits: number
  iv: Uint8Array
}

/**
 * Returns the PKCS#8 in an EncryptedPrivateKeyInfo (RFC 5958, section 3) with AES and PBKDF2. Throws a `KeyFileProblem`
 * for other encryption, and for a wrong passphrase.
 */
export async function decryptPrivateKey(der: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const outer = new DerReader(der, 'key_malformed').readSequence()
  const encryption = readEncryption(outer)
  const content = outer.readContent(tags.octetString)
  const decrypted = await decrypt(content, encryption, passphrase)
  // One wrong passphrase in 256 gives octets whose padding is right by chance.
  if (decrypted === undefined || identifyDer(decrypted) !== 'private key')
    throw new KeyFileProblem('passphrase_wrong', 'The passphrase of this key is wrong. Enter it again.')
  return decrypted
}

async function decrypt(
  content: Uint8Array,
  { hash, salt, iterations, bits, iv }: Encryption,
  passphrase: string,
) {
  const secret = await crypto.subtle.importKey('raw', new TextEncoder().encode(passphrase), 'PBKDF2', false, [
    'deriveKey',
  ])
  const key = await crypto.subtle.deriveKey(
    { name: 'PBKDF2', hash, salt: new Uint8Array(salt), iterations },
    secret,
    { name: 'AES-CBC', length: bits },
    false,
    ['decrypt'],
  )
  try {
    const algorithm = { name: 'AES-CBC', iv: new Uint8Array(iv) }
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, new Uint8Array(content)))
  } catch {
    return undefined
  }
}

/** Reads PBES2-params (RFC 8018, appendix A.4), whose key derivation is PBKDF2. */
function readEncryption(outer: DerReader): Encryption {
  try {
    const found = readPbes2(outer.readSequence())
    if (found !== undefined) return found
  } catch {
    // What cannot be read is not supported either.
  }
  throw unsupported(
    'a key with an encryption other than AES',
    'openssl pkcs8 -topk8 -v2 aes-256-cbc -in client.key -out new.key',
  )
}

function readPbes2(algorithm: DerReader): Encryption | undefined {
  if (algorithm.readOid() !== oids.pbes2) return undefined
  const parameters = algorithm.readSequence()
  const derivation = parameters.readSequence()
  if (derivation.readOid() !== oids.pbkdf2) return undefined
  const pbkdf2 = derivation.readSequence()
  const salt = pbkdf2.readContent(tags.octetString)
  const iterations = pbkdf2.readSmallInteger()
  if (pbkdf2.isNext(tags.integer)) pbkdf2.readSmallInteger()
  // RFC 8018, appendix A.2: HMAC-SHA-1 is the default.
  const hash = pbkdf2.isAtEnd() ? 'SHA-1' : hashes[pbkdf2.readSequence().readOid()]
  const cipher = parameters.readSequence()
  const bits = keyBits[cipher.readOid()]
  const iv = cipher.readContent(tags.octetString)
  if (hash === undefined || bits === undefined || iterations < 1 || iterations > maxIterations)
    return undefined
  return { hash, salt, iterations, bits, iv }
}
