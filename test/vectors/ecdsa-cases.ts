import { createHash } from 'node:crypto'
import { element, sequence } from '../../src/pki/der/der-writer.ts'
import { toBigInt } from '../../src/pki/key/elliptic-curve.ts'
import { invert, mod, toOctets } from './modular.ts'
import type { SignatureCase } from './signature-case.ts'
import { openCurve, type Point, type WeierstrassCurve } from './weierstrass-points.ts'

type Hash = 'SHA-256' | 'SHA-384' | 'SHA-512'
const message: Uint8Array = new TextEncoder().encode('what is signed')

/** Encodes an INTEGER of any sign in the minimum number of octets. */
function toInteger(value: bigint): Uint8Array {
  let octets = 1
  while (value >= 1n << BigInt(8 * octets - 1) || value < -(1n << BigInt(8 * octets - 1))) octets += 1
  return element(2, toOctets(mod(value, 1n << BigInt(8 * octets)), octets))
}
const toDer = (r: bigint, s: bigint) => sequence(toInteger(r), toInteger(s))

/** Creates edge cases of ECDSA on a curve, in the classes of the Wycheproof project. */
export function makeEcdsaCases(name: 'P-256' | 'P-384' | 'P-521', hash: Hash): SignatureCase[] {
  const curve = openCurve(name)
  const { n, p, base, multiply } = curve
  const digest = createHash(hash.replace('-', '')).update(message).digest()
  // SEC 1, section 4.1.3: the leftmost bits, as many as n has.
  const bits = n.toString(2).length
  const z = toBigInt(digest) >> BigInt(Math.max(0, digest.length * 8 - bits))
  const d = mod(toBigInt(createHash('sha512').update(`${name} ${hash}`).digest()), n)
  const key = multiply(d, base)
  const k = 0x1234567890abcdef1234567890abcdefn
  const r = mod((multiply(k, base) as { x: bigint }).x, n)
  const s = mod(invert(k, n) * (z + r * d), n)
  const make = (label: string, signature: Uint8Array, isValid: boolean, point: Point = key) => ({
    name: `${name} with ${hash}: ${label}`,
    spki: curve.toSpki(curve.encodePoint(point as { x: bigint; y: bigint })),
    algorithm: { oid: '', name: '', keyAlgorithm: 'EC' as const, hash },
    message,
    signature,
    isValid,
  })
  const numbers: [string, bigint, bigint][] = [
    ...[0n, 1n, -1n, n, n - 1n, n + 1n, p, p + 1n, 1n << BigInt(bits), (1n << BigInt(bits)) - 1n].flatMap(
      (proxy): [string, bigint, bigint][] => [
        [`r is ${proxy === r ? 'r' : proxy.toString(16)}`, proxy, s],
        [`s is ${proxy.toString(16)}`, r, proxy],
        [`both are ${proxy.toString(16)}`, proxy, proxy],
      ],
    ),
    ['r is n too large', r + n, s],
    ['s is n too large', r, s + n],
    ['r is n too small', r - n, s],
    ['s is n too small', r, s - n],
    ['r is negated', -r, s],
    ['s is negated', r, -s],
    ['r is 2ⁿ too large', r + (1n << BigInt(8 * curve.size)), s],
    ['s is 2⁶⁴ too large', r, s + (1n << 64n)],
    ['r and s are swapped', s, r],
    ['s is r', r, r],
  ]
  return [
    make('as it should be', toDer(r, s), true),
    // ECDSA allows it; Postern uses no signature as an identifier.
    make('n − s in place of s', toDer(r, n - s), true),
    make('with another key', toDer(r, s), false, multiply(d + 1n, base)),
    make('with the key negated', toDer(r, s), false, multiply(n - d, base)),
    ...numbers.map(([label, a, b]) => make(label, toDer(a, b), false)),
    ...chosenPoints(curve, z).map(({ label, r: a, s: b, point, isValid }) =>
      make(label, toDer(a, b), isValid, point),
    ),
    ...encodings(r, s, curve.size).map(([label, signature]) => make(label, signature, false)),
  ]
}

/** Signatures whose numbers are chosen first and whose key follows: Q = r⁻¹ (s R − z G). */
function chosenPoints({ n, p, base, add, multiply, findPoint }: WeierstrassCurve, z: bigint) {
  const keyFor = (point: Point, r: bigint, s: bigint) =>
    multiply(invert(r, n), add(multiply(s, point), multiply(n - z, base)))
  const chosen = (
    label: string,
    point: { x: bigint; y: bigint },
    s: bigint,
    r = mod(point.x, n),
    isValid = true,
  ) => ({
    label,
    r,
    s,
    point: keyFor(point, mod(r, n), s),
    isValid,
  })
  const small = findPoint(1n)
  const wrapped = findPoint(n + 1n)
  const last = findPoint(p - 1000n)
  // u₁ G + u₂ Q is the point at infinity for Q = d G if r = −z / d.
  const d = 7n
  const atInfinity = mod(-z * invert(d, n), n)
  return [
    chosen('r is tiny', small, 3n),
    chosen('s is 1', small, 1n),
    chosen('s is n − 1', small, n - 1n),
    chosen('s is short', small, (1n << 130n) + 1n),
    chosen('x of the point is a little more than n, so that r has wrapped round', wrapped, 5n),
    chosen('r has not wrapped round and is not below n', wrapped, 5n, wrapped.x, false),
    chosen('x of the point is just below p', last, 5n),
    chosen('r is right but for the wrap of another point', small, 5n, mod(small.x - n, n), small.x < n),
    {
      label: 'the sum is the point at infinity',
      r: atInfinity,
      s: 11n,
      point: multiply(d, base),
      isValid: false,
    },
    {
      label: 'both parts of the sum are the same point',
      r: mod(z * invert(d, n), n),
      s: 11n,
      point: multiply(d, base),
      isValid: false,
    },
    { label: 'the key is the base point', r: 3n, s: 5n, point: base, isValid: false },
    {
      label: 'the key is the base point negated',
      r: 3n,
      s: 5n,
      point: multiply(n - 1n, base),
      isValid: false,
    },
  ]
}

/** Returns invalid encodings of correct numbers. */
function encodings(r: bigint, s: bigint, size: number): [string, Uint8Array][] {
  const [first, second] = [toInteger(r), toInteger(s)]
  const inner = Uint8Array.of(...first, ...second)
  const padded = (part: Uint8Array, ...zeros: number[]) =>
    element(2, Uint8Array.from(zeros), part.subarray(2))
  const wrap = (...octets: number[]) => Uint8Array.of(...octets)
  const right = sequence(first, second)
  return [
    ['nothing', new Uint8Array()],
    ['an empty list', sequence()],
    ['no s', sequence(first)],
    ['three numbers', sequence(first, second, second)],
    ['a NULL behind s', sequence(first, second, wrap(5, 0))],
    ['an octet behind the list', wrap(...right, 0)],
    ['a NULL behind the list', wrap(...right, 5, 0)],
    ['a zero before r', sequence(padded(first, 0), second)],
    ['two zeros before s', sequence(first, padded(second, 0, 0))],
    [
      'r without the zero that keeps it positive',
      sequence(element(2, toOctets(r, size)), element(2, toOctets((1n << BigInt(8 * size)) - 1n, size))),
    ],
    ['an empty number for r', sequence(element(2), second)],
    ['an empty number for s', sequence(first, element(2))],
    ['a length in too many octets', wrap(0x30, 0x83, 0, inner.length >> 8, inner.length & 0xff, ...inner)],
    [
      'a length of r in too many octets',
      sequence(wrap(2, 0x81, first.length - 2, ...first.subarray(2)), second),
    ],
    ['an open length', wrap(0x30, 0x80, ...inner, 0, 0)],
    [
      'a length one too long',
      wrap(
        ...right.subarray(0, -inner.length - 1),
        (right[right.length - inner.length - 1] as number) + 1,
        ...inner,
      ),
    ],
    [
      'a length one too short',
      wrap(
        ...right.subarray(0, -inner.length - 1),
        (right[right.length - inner.length - 1] as number) - 1,
        ...inner,
      ),
    ],
    ['the last octet missing', right.subarray(0, -1)],
    ['a SET', wrap(0x31, ...right.subarray(1))],
    ['a list in a list', sequence(right)],
    ['octet strings for numbers', sequence(element(4, first.subarray(2)), element(4, second.subarray(2)))],
    ['a real number for r', sequence(wrap(9, 1, 0x40), second)],
    ['truth values for numbers', sequence(wrap(1, 1, 0xff), wrap(1, 1, 0xff))],
    ['r and s without any list, as IEEE P1363 has them', wrap(...toOctets(r, size), ...toOctets(s, size))],
    ['only zeros', new Uint8Array(2 * size)],
  ]
}
