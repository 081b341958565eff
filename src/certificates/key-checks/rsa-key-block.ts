import { toBigInt } from '../../pki/key/elliptic-curve.ts'
import type { RsaNumbers } from '../../pki/key/public-key.ts'

/** Returns the block with one more key: modulus and exponent, each after its length in two octets. */
export function appendKey(block: Uint8Array, { modulus, exponent }: RsaNumbers): Uint8Array {
  return Buffer.concat([block, ...encode(modulus), ...encode(exponent)])
}

function encode(number: bigint): Uint8Array[] {
  const hex = number.toString(16)
  const octets = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return [Uint8Array.of(octets.length >> 8, octets.length & 0xff), octets]
}

/** Returns the keys of a block in order. */
export function readKeys(block: Uint8Array): RsaNumbers[] {
  const keys: RsaNumbers[] = []
  let at = 0
  const readNumber = () => {
    const start = at + 2
    at = start + (((block[at] as number) << 8) | (block[at + 1] as number))
    return toBigInt(block.subarray(start, at))
  }
  while (at < block.length) keys.push({ modulus: readNumber(), exponent: readNumber() })
  return keys
}
