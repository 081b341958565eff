import { sign } from 'node:crypto'
import { promisify } from 'node:util'
import { parseEcdsaSignature } from '../pki/ecdsa-signature.ts'
import type { SigningKey } from './signing-keys.ts'

const signatureOctets = 32
// With a callback the work is done on the thread pool and the loop goes on.
const signAside = promisify<string, Uint8Array, SigningKey['privateKey'], Buffer>(sign)

const toText = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Signs `claims` as a JWT (RFC 7515) of the type `typ`, which keeps one kind of JWT from passing for another (RFC 8725, 3.11). */
export async function signJwt(key: SigningKey, typ: string, claims: object): Promise<string> {
  const header = toText({ typ, alg: key.algorithm, kid: key.id })
  const content = `${header}.${toText(claims)}`
  const signature = await signAside('sha256', Buffer.from(content), key.privateKey)
  return `${content}.${Buffer.from(toJose(key, signature)).toString('base64url')}`
}

/** RFC 7518, 3.4: r ‖ s. Asking OpenSSL for that form at once would halve the speed. */
function toJose(key: SigningKey, signature: Uint8Array): Uint8Array {
  if (key.algorithm === 'RS256') return signature
  const raw = parseEcdsaSignature(signature, signatureOctets, 'key_malformed')
  if (raw === undefined) throw new RangeError('the signature has a number that is too long')
  return raw
}
