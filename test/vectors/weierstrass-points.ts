import { bitString, oid, sequence } from '../../src/pki/der/der-writer.ts'
import { type CurveName, curves } from '../../src/pki/key/elliptic-curve.ts'
import { oids } from '../../src/pki/der/oids.ts'
import { invert, mod, power, toOctets } from './modular.ts'

/** A point, or the point at infinity. */
export type Point = { x: bigint; y: bigint } | undefined

/** The order and base point of each curve (SP 800-186, section 3.2.1). */
const bases: Record<CurveName, { n: bigint; x: bigint; y: bigint }> = {
  'P-256': {
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
    y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
  },
  'P-384': {
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    x: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
    y: 0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
  },
  'P-521': {
    n: 0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    x: 0xc6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66n,
    y: 0x11839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650n,
  },
}

/** Creates the arithmetic on a curve y² = x³ − 3x + b, by the textbook and not optimized. */
export function openCurve(name: CurveName) {
  const { p, b, bits, oid: curveOid } = curves.find((curve) => curve.name === name) as (typeof curves)[number]
  const { n, ...base } = bases[name]
  const size = Math.ceil(bits / 8)

  function add(a: Point, c: Point): Point {
    if (!a || !c) return a ?? c
    if (a.x === c.x && mod(a.y + c.y, p) === 0n) return undefined
    const slope =
      a.x === c.x ? (3n * a.x * a.x - 3n) * invert(2n * a.y, p) : (c.y - a.y) * invert(c.x - a.x, p)
    const x = mod(slope * slope - a.x - c.x, p)
    return { x, y: mod(slope * (a.x - x) - a.y, p) }
  }
  function multiply(times: bigint, point: Point): Point {
    let result: Point
    let doubled = point
    for (let left = mod(times, n); left > 0n; left >>= 1n) {
      if (left & 1n) result = add(result, doubled)
      doubled = add(doubled, doubled)
    }
    return result
  }
  /** Returns a point with the smallest x from `from` on. */
  function findPoint(from: bigint): { x: bigint; y: bigint } {
    for (let x = from; ; x += 1n) {
      const square = mod(x * x * x - 3n * x + b, p)
      // All three primes are 3 modulo 4.
      const y = power(square, (p + 1n) / 4n, p)
      if (mod(y * y, p) === square) return { x, y }
    }
  }
  const encodePoint = ({ x, y }: { x: bigint; y: bigint }, form = 4) =>
    Uint8Array.of(form, ...toOctets(x, size), ...toOctets(y, size))
  /** Returns the SubjectPublicKeyInfo of a point, given as octets. */
  const toSpki = (point: Uint8Array) =>
    sequence(sequence(oid(oids.ecPublicKey), oid(curveOid)), bitString(point))
  return { name, p, n, size, base, add, multiply, findPoint, encodePoint, toSpki }
}
export type WeierstrassCurve = ReturnType<typeof openCurve>
