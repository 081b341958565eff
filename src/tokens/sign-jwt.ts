import { constants, type KeyObject, type SignKeyObjectInput, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { parseEcdsaSignature } from '../pki/key/ecdsa-signature.ts'
import type { SigningKey } from './signing-keys.ts'

const signatureOctets = 32
const headers = new WeakMap<SigningKey, Map<string, string>>()
// With a callback the work runs on the thread pool, and the event loop continues.
const signInThreadPool = promisify<string, Uint8Array, SignKeyObjectInput, Buffer>(sign)

const toText = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/**
 * Signs `claims` as a JWT (RFC 7515) of the type `typ`, which distinguishes kinds of JWTs (RFC 8725, section
 * 3.11).
 */
export async function signJwt(key: SigningKey, typ: string, claims: object): Promise<string> {
  const content = `${headerOf(key, typ)}.${toText(claims)}`
  const bytes = Buffer.from(content)
  const signature = signers[key.algorithm](bytes, key.privateKey)
  const octets = signature instanceof Promise ? await signature : signature
  return `${content}.${Buffer.from(toJose(key, octets)).toString('base64url')}`
}

type Signer = (bytes: Uint8Array, key: KeyObject) => Buffer | Promise<Buffer>

const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }

/** A signature on an elliptic curve takes 19 µs, and the thread pool adds 15; RSA takes a millisecond. */
const signers: Record<SigningKey['algorithm'], Signer> = {
  ES256: (bytes, key) => sign('sha256', bytes, key),
  EdDSA: (bytes, key) => sign(null, bytes, key),
  RS256: (bytes, key) => signInThreadPool('sha256', bytes, { key }),
  PS256: (bytes, key) => signInThreadPool('sha256', bytes, { key, ...pss }),
}

function headerOf(key: SigningKey, typ: string): string {
  const known = headers.get(key) ?? new Map<string, string>()
  headers.set(key, known)
  const header = known.get(typ) ?? toText({ typ, alg: key.algorithm, kid: key.id })
  known.set(typ, header)
  return header
}

/**
 * Converts a signature to r ‖ s (RFC 7518, section 3.4). Requesting that form from OpenSSL would halve the
 * speed.
 */
function toJose(key: SigningKey, signature: Uint8Array): Uint8Array {
  if (key.algorithm !== 'ES256') return signature
  const raw = parseEcdsaSignature(signature, signatureOctets, 'key_malformed')
  if (raw === undefined) throw new RangeError('the signature has a number that is too long')
  return raw
}
