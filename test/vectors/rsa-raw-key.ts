import { constants, createHash, generateKeyPairSync, privateEncrypt } from 'node:crypto'
import { toBigInt } from '../../src/pki/key/elliptic-curve.ts'
import { parsePublicKey, type RsaNumbers } from '../../src/pki/key/public-key.ts'
import { toOctets } from './modular.ts'

/** The message of all signatures here. */
export const message: Uint8Array = new TextEncoder().encode('what is signed')
export const sha256 = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}
export const digest: Uint8Array = sha256(message)

/** Creates an RSA key that signs any octets. */
export function openRsaKey(bits: number) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits })
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
  const { modulus } = parsePublicKey(spki).rsa as RsaNumbers
  const size = Math.ceil(bits / 8)
  const signRaw = (octets: Uint8Array): Uint8Array =>
    new Uint8Array(privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, octets))
  return { spki, size, modulus, signRaw, privateKey }
}
export type RsaKey = ReturnType<typeof openRsaKey>

/** Signatures that are numbers outside the valid range. */
export function listWrongNumbers({ modulus, size }: RsaKey, signature: Uint8Array): [string, Uint8Array][] {
  return [
    ['nothing', new Uint8Array()],
    ['the number 0', new Uint8Array(size)],
    ['the number 1', toOctets(1n, size)],
    ['the modulus less one', toOctets(modulus - 1n, size)],
    ['the modulus', toOctets(modulus, size)],
    ['the modulus too much', toOctets(toBigInt(signature) + modulus, size + 1)],
    ['only ones', new Uint8Array(size).fill(0xff)],
    ['a zero in front', Uint8Array.of(0, ...signature)],
    ['a zero behind', Uint8Array.of(...signature, 0)],
    ['the last octet missing', signature.subarray(0, -1)],
    ['the first octet missing', signature.subarray(1)],
    ['the last bit changed', Uint8Array.of(...signature.subarray(0, -1), (signature.at(-1) as number) ^ 1)],
    ['the modulus less it', toOctets(modulus - toBigInt(signature), size)],
  ]
}
