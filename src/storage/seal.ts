import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { PosternError } from '../errors.ts'

const ivLength = 12
const tagLength = 16
const algorithm = 'aes-256-gcm'

/**
 * Encrypts `plain` with AES-256-GCM: 12 bytes of nonce, the ciphertext, 16 bytes of tag. `key` has 32 bytes.
 * `context` identifies the content and is authenticated, so that one sealed value cannot replace another.
 */
export function seal(key: Uint8Array, plain: Uint8Array, context: string): Uint8Array {
  const iv = randomBytes(ivLength)
  const cipher = createCipheriv(algorithm, key, iv).setAAD(Buffer.from(context))
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Decrypts what `from` sealed and seals it with `to`. Throws `master_key_wrong`. */
export function reseal(from: Uint8Array, to: Uint8Array, sealed: Uint8Array, context: string): Uint8Array {
  const plain = unseal(from, sealed, context)
  const again = seal(to, plain, context)
  plain.fill(0)
  return again
}

/** Decrypts what `seal` sealed. Throws `master_key_wrong` if key, context or content differs. */
export function unseal(key: Uint8Array, sealed: Uint8Array, context: string): Uint8Array {
  try {
    const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, ivLength)).setAAD(
      Buffer.from(context),
    )
    decipher.setAuthTag(sealed.subarray(sealed.length - tagLength))
    return Buffer.concat([
      decipher.update(sealed.subarray(ivLength, sealed.length - tagLength)),
      decipher.final(),
    ])
  } catch (error) {
    throw new PosternError(
      'master_key_wrong',
      'The key that opens the sealed keys in the store is not the one they were sealed with. Start with the right key; nothing was changed.',
      { detail: context, cause: error },
    )
  }
}
