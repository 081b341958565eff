import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { PosternError } from '../errors.ts'
import { listKeys, type MasterKey } from '../shapes/master-key.ts'

const ivLength = 12
const tagLength = 16
const algorithm = 'aes-256-gcm'

/**
 * Encrypts `plain` with AES-256-GCM under the first key: 12 bytes of nonce, the ciphertext, 16 bytes of tag. `context`
 * identifies the content and is authenticated, so that one sealed value cannot replace another.
 */
export function seal({ first }: MasterKey, plain: Uint8Array, context: string): Uint8Array {
  const iv = randomBytes(ivLength)
  const cipher = createCipheriv(algorithm, first, iv).setAAD(Buffer.from(context))
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Decrypts what `seal` sealed. Throws `master_key_wrong` if no key opens it, or if context or content differs. */
export function unseal(key: MasterKey, sealed: Uint8Array, context: string): Uint8Array {
  let cause: unknown
  for (const one of listKeys(key))
    try {
      return decrypt(one, sealed, context)
    } catch (error) {
      cause = error
    }
  throw new PosternError(
    'master_key_wrong',
    'The key that opens the sealed keys in the store is not the one they were sealed with. Start with the right key; nothing was changed.',
    { detail: context, cause },
  )
}

/** Which key sealed a value; neither if no key opens it. */
export type Sealer = keyof MasterKey | 'neither'

/** Returns which key sealed a value, and discards what it holds. */
export function findSealer({ first, second }: MasterKey, sealed: Uint8Array, context: string): Sealer {
  if (isOpenedBy(first, sealed, context)) return 'first'
  return second !== null && isOpenedBy(second, sealed, context) ? 'second' : 'neither'
}

function isOpenedBy(key: Uint8Array, sealed: Uint8Array, context: string): boolean {
  try {
    decrypt(key, sealed, context).fill(0)
    return true
  } catch {
    return false
  }
}

function decrypt(key: Uint8Array, sealed: Uint8Array, context: string): Buffer {
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, ivLength)).setAAD(Buffer.from(context))
  decipher.setAuthTag(sealed.subarray(sealed.length - tagLength))
  return Buffer.concat([
    decipher.update(sealed.subarray(ivLength, sealed.length - tagLength)),
    decipher.final(),
  ])
}
