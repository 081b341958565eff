import { createHash, createPublicKey, type JsonWebKey } from 'node:crypto'
import {
  type ClientAlgorithm,
  type ClientKey,
  type ClientKeys,
  clientAlgorithms,
  type GivenClientKeys,
} from '../contract/client-key.ts'
import { PosternError } from '../errors.ts'
import { type PublicKey, parsePublicKey } from '../pki/key/public-key.ts'
import { assertModulusStrong } from '../pki/key/rsa-weakness.ts'

/** RFC 7518, section 6: the members of a JWK that make it a private or a symmetric key. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const minRsaBits = 2048
const maxRsaBits = 4096
/** RFC 7517, section 4.5, does not define the syntax; printable, so that it can be displayed. */
const idSyntax = /^[\x21-\x7e]{1,100}$/

/**
 * Returns the public keys in a JWK Set, each with its required members only: its kind, its numbers, `alg` and
 * `kid`, which is the thumbprint of the key (RFC 7638) if the client sent none. Throws
 * `client_key_is_private` for a key with private parts, and `client_key_unsuitable` for any other key that cannot
 * verify an assertion.
 */
export async function checkClientKeys({ keys }: GivenClientKeys): Promise<ClientKeys> {
  if (keys.some((key) => privateMembers.some((member) => Object.hasOwn(key, member))))
    throw new PosternError(
      'client_key_is_private',
      'A private or a secret key is among the keys. Nothing was stored, but it has left its place: make a new key pair, and hand over the public part only.',
    )
  const checked: ClientKey[] = []
  for (const [index, key] of keys.entries()) checked.push(await checkClientKey(key, `Key ${index + 1}`))
  for (const [what, values] of [
    ['the same kid', checked.map(({ kid }) => kid)],
    ['the same key', checked.map(thumbprintOf)],
  ] as const)
    if (new Set(values).size < values.length)
      throw unfit(`Two of the keys have ${what}. Name each key once, with a kid of its own.`)
  return { keys: checked }
}

/** What a public key consists of: its kind, and the members of that kind (RFC 7518, 6). */
type KeyNumbers = { kty: ClientKey['kty'] } & Partial<Record<'crv' | 'x' | 'y' | 'n' | 'e', string>>

async function checkClientKey(given: Record<string, unknown>, name: string): Promise<ClientKey> {
  const { kty, crv, x, y, n, e, kid, use, key_ops: operations } = given
  const algorithm = algorithmOf(given, name)
  if (use !== undefined && use !== 'sig') throw unfit(`${name} is for another use than signatures (use).`)
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    throw unfit(`${name} is not for verifying signatures (key_ops). Write verify, or leave key_ops out.`)
  if (kid !== undefined && !(typeof kid === 'string' && idSyntax.test(kid)))
    throw unfit(`The kid of ${name.toLowerCase()} is not a text of 1 to 100 characters of printable ASCII.`)
  const numbers = { EC: { crv, x, y }, RSA: { n, e }, OKP: { crv, x } }[kty as ClientKey['kty']]
  if (Object.values(numbers).some((number) => typeof number !== 'string'))
    throw unfit(`${name} is not complete. Export the public key as a JWK again.`)
  const key = { kty, ...numbers } as KeyNumbers
  await assertStrong(readKey(key, name), name)
  return { kid: typeof kid === 'string' ? kid : thumbprintOf(key), alg: algorithm, use: 'sig', ...key }
}

function algorithmOf({ kty, crv, alg }: Record<string, unknown>, name: string): ClientAlgorithm {
  const kind = `${kty} ${kty === 'RSA' ? '' : crv}`.trim()
  const algorithm = new Map<string, ClientAlgorithm>([
    ['EC P-256', 'ES256'],
    ['RSA', 'PS256'],
    ['OKP Ed25519', 'EdDSA'],
  ]).get(kind)
  if (algorithm === undefined)
    throw unfit(
      `${name} is of another kind than EC P-256, RSA and Ed25519. Make a key of one of these kinds.`,
    )
  // RFC 9864, section 2.2, names the curve in place of the family.
  const isMeant = alg === undefined || alg === algorithm || (algorithm === 'EdDSA' && alg === 'Ed25519')
  if (isMeant) return algorithm
  throw unfit(
    `${name} says that it signs with another alg than ${algorithm}. Accepted are ${clientAlgorithms.join(', ')}.`,
  )
}

/**
 * Returns the key after OpenSSL and our own key reader have parsed it; the latter has more reasons to reject
 * one.
 */
function readKey(jwk: JsonWebKey, name: string): PublicKey {
  try {
    const spki = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' })
    return parsePublicKey(new Uint8Array(spki))
  } catch (error) {
    const reason = error instanceof PosternError ? error.message : 'It cannot be read as a public key.'
    throw unfit(`${name} is damaged, or no key of its kind. ${reason}`)
  }
}

async function assertStrong({ rsa, bits }: PublicKey, name: string): Promise<void> {
  if (rsa === undefined) return
  if (bits < minRsaBits || bits > maxRsaBits)
    throw unfit(`${name} is an RSA key of ${bits} bits. Make one of ${minRsaBits} to ${maxRsaBits} bits.`)
  try {
    await assertModulusStrong(rsa.modulus)
  } catch {
    throw unfit(`${name} is a weak RSA key: its private key can be worked out. Make a new one with OpenSSL.`)
  }
}

/**
 * Returns the thumbprint (RFC 7638, section 3): the SHA-256 of the required members of a public key, in the
 * order of their names.
 */
function thumbprintOf({ kty, crv, x, y, n, e }: Pick<ClientKey, keyof KeyNumbers>): string {
  const required = { EC: { crv, kty, x, y }, RSA: { e, kty, n }, OKP: { crv, kty, x } }[kty]
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url')
}

const unfit = (sentence: string) => new PosternError('client_key_unsuitable', sentence)
