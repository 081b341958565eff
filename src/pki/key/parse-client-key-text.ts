import type { GivenClientKeys } from '../../contract/client-key.ts'
import { PosternError } from '../../errors.ts'
import { fromHex, toBase64Url } from '../der/fingerprint.ts'
import { findPemBlocks } from '../text/pem.ts'
import { containsPrivateKey } from '../text/private-key-text.ts'
import { parsePublicKey } from './public-key.ts'

/**
 * Returns the public keys in a pasted text: a JWK Set, one JWK, or PEM as OpenSSL writes it. Throws
 * `client_key_is_private` for a text with a private key, and `client_key_unsuitable` for any other text.
 */
export function parseClientKeyText(text: string): GivenClientKeys {
  if (containsPrivateKey(text))
    throw new PosternError(
      'client_key_is_private',
      'This is a private key. It was not sent, and must not leave the client: paste the public key, for example from openssl pkey -in client.key -pubout.',
    )
  const blocks = findPemBlocks(text).filter(({ label }) => label === 'PUBLIC KEY')
  if (blocks.length > 0) return { keys: blocks.map(({ der }) => toJwk(der)) }
  const content = parseObject(text)
  if (Array.isArray(content?.keys)) return { keys: content.keys }
  if (content?.kty !== undefined) return { keys: [content] }
  throw new PosternError(
    'client_key_unsuitable',
    'This is neither a JWK Set, nor a JWK, nor a public key in PEM (BEGIN PUBLIC KEY). Paste one of them.',
  )
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/**
 * Returns the JWK of a SubjectPublicKeyInfo (RFC 7518, section 6; RFC 8037, section 2). Throws the codes of
 * {@link parsePublicKey}.
 */
function toJwk(spki: Uint8Array): Record<string, string> {
  const { algorithm, curve, bits, rsa } = parsePublicKey(spki)
  if (rsa !== undefined) return { kty: 'RSA', n: toNumber(rsa.modulus), e: toNumber(rsa.exponent) }
  // Both kinds end with the key itself: the two coordinates of a point, or the 32 octets of Ed25519.
  if (algorithm === 'Ed25519') return { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(spki.slice(-32)) }
  const length = Math.ceil(bits / 8)
  const [x, y] = [spki.slice(-2 * length, -length), spki.slice(-length)]
  return { kty: 'EC', crv: curve ?? '', x: toBase64Url(x), y: toBase64Url(y) }
}

function toNumber(value: bigint): string {
  const hex = value.toString(16)
  return toBase64Url(fromHex(hex.length % 2 === 0 ? hex : `0${hex}`))
}
