import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { apiKeyPattern } from '../contract/api-key.ts'

/** A new secret, and what is stored of it. */
export interface NewApiKeySecret {
  text: string
  sha256: string
  prefix: string
}

const mark = 'pst_'
/** 62 to the power of 43 is more than 2 to the power of 256. */
const randomLength = 43
/** 62 to the power of 6 is more than 2 to the power of 32. */
const checksumLength = 6
const prefixLength = mark.length + 6
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/**
 * Creates the secret of an API key: `pst_`, 256 random bits and their CRC-32, both in base62. The text is for one answer
 * only.
 */
export function createApiKeySecret(): NewApiKeySecret {
  const random = toBase62(BigInt(`0x${randomBytes(32).toString('hex')}`), randomLength)
  const text = `${mark}${random}${checksumOf(random)}`
  return { text, sha256: hashApiKey(text), prefix: text.slice(0, prefixLength) }
}

/** Returns whether a text has the form of an API key and its checksum fits; a mistyped one needs no query. */
export function isApiKey(text: string): boolean {
  if (!apiKeyPattern.test(text)) return false
  const random = text.slice(mark.length, -checksumLength)
  return text.endsWith(checksumOf(random))
}

/** Returns the stored hash of a secret; a plain hash suffices for 256 random bits. */
export const hashApiKey = (text: string): string => createHash('sha256').update(text).digest('base64url')

const checksumOf = (random: string): string => toBase62(BigInt(crc32(random)), checksumLength)

function toBase62(value: bigint, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest /= 62n) text = alphabet[Number(rest % 62n)] + text
  return text
}
