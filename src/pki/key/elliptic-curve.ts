import { toHex } from '../der/fingerprint.ts'
import { oids } from '../der/oids.ts'

/** The curves of FIPS 186-5 that Postern certifies, by their names in WebCrypto. */
export type CurveName = 'P-256' | 'P-384' | 'P-521'

interface Curve {
  name: CurveName
  oid: string
  bits: number
  /** The field's prime. */
  p: bigint
  /** The constant of y² = x³ − 3x + b. */
  b: bigint
}

/** NIST SP 800-186, section 3.2.1. */
export const curves: readonly Curve[] = [
  {
    name: 'P-256',
    oid: oids.prime256v1,
    bits: 256,
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  {
    name: 'P-384',
    oid: oids.secp384r1,
    bits: 384,
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
  {
    name: 'P-521',
    oid: oids.secp521r1,
    bits: 521,
    p: 2n ** 521n - 1n,
    b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  },
]

/**
 * Returns whether an uncompressed point (SEC 1, section 2.3.3) is on the curve. Every point of these curves
 * has full order.
 */
export function isOnCurve({ bits, p, b }: Curve, point: Uint8Array): boolean {
  const size = Math.ceil(bits / 8)
  if (point.length !== 1 + 2 * size || point[0] !== 4) return false
  const x = toBigInt(point.subarray(1, 1 + size))
  const y = toBigInt(point.subarray(1 + size))
  return x < p && y < p && (y * y - (x * x * x - 3n * x + b)) % p === 0n
}

/** Returns the number of big-endian octets. */
export function toBigInt(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`)
}
