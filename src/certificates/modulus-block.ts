import { toBigInt } from '../pki/elliptic-curve.ts'

/** A block with one modulus more: each stands after its length in two octets. */
export function appendModulus(block: Uint8Array, modulus: bigint): Uint8Array {
  const hex = modulus.toString(16)
  const octets = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return Buffer.concat([block, Uint8Array.of(octets.length >> 8, octets.length & 0xff), octets])
}

/** The moduli of a block in order. */
export function readModuli(block: Uint8Array): bigint[] {
  const moduli: bigint[] = []
  for (let at = 0; at < block.length; ) {
    const length = ((block[at] as number) << 8) | (block[at + 1] as number)
    moduli.push(toBigInt(block.subarray(at + 2, at + 2 + length)))
    at += 2 + length
  }
  return moduli
}
