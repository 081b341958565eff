import { createHash } from 'node:crypto'
import { bitString, oid, sequence } from '../../src/pki/der/der-writer.ts'
import { oids } from '../../src/pki/der/oids.ts'
import { fromLittleEndian, invert, mod, power, toLittleEndian } from './modular.ts'
import type { SignatureCase } from './signature-case.ts'

const message: Uint8Array = new TextEncoder().encode('what is signed')
const p = 2n ** 255n - 19n
const order = 2n ** 252n + 27742317777372353535851937790883648493n
const d = mod(-121665n * invert(121666n, p), p)
const rootOfMinusOne = power(2n, (p - 1n) / 4n, p)

type Point = { x: bigint; y: bigint }

/** Adds points on −x² + y² = 1 + d x² y² (RFC 8032, section 5.1.4), which needs no exceptions. */
function add(a: Point, b: Point): Point {
  const product = d * a.x * b.x * a.y * b.y
  return {
    x: mod((a.x * b.y + a.y * b.x) * invert(1n + product, p), p),
    y: mod((a.y * b.y + a.x * b.x) * invert(1n - product, p), p),
  }
}

function multiply(times: bigint, point: Point): Point {
  let result = { x: 0n, y: 1n }
  let doubled = point
  for (let left = times; left > 0n; left >>= 1n) {
    if (left & 1n) result = add(result, doubled)
    doubled = add(doubled, doubled)
  }
  return result
}

/** RFC 8032, section 5.1.3. */
function findPoint(y: bigint, isOdd: boolean): Point {
  const square = mod((y * y - 1n) * invert(d * y * y + 1n, p), p)
  let x = power(square, (p + 3n) / 8n, p)
  if (mod(x * x, p) !== square) x = mod(x * rootOfMinusOne, p)
  if (mod(x * x, p) !== square) throw new RangeError('no point')
  return { x: (x & 1n) === (isOdd ? 1n : 0n) ? x : mod(-x, p), y }
}

const encode = ({ x, y }: Point) => toLittleEndian(y | ((x & 1n) << 255n), 32)
const base = findPoint(mod(4n * invert(5n, p), p), false)
/** A point of order 8: d y⁴ + 2 y² − 1 = 0. */
const ofOrderEight = findPoint(
  fromLittleEndian(
    Uint8Array.from(Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex')),
  ),
  false,
)

const hash = (...parts: Uint8Array[]) =>
  fromLittleEndian(new Uint8Array(createHash('sha512').update(Buffer.concat(parts)).digest())) % order
const toSpki = (key: Uint8Array) => sequence(sequence(oid(oids.ed25519)), bitString(key))
const join = (r: Uint8Array, s: bigint) => Uint8Array.of(...r, ...toLittleEndian(s, 32))

/** Creates edge cases of Ed25519 (RFC 8032, section 5.1.7), in the classes of the Wycheproof project. */
export function makeEd25519Cases(): SignatureCase[] {
  const secret = 0x123456789abcdefn
  const key = encode(multiply(secret, base))
  const nonce = 0xfedcba987654321n
  const signWith = (r: Uint8Array) => join(r, mod(nonce + hash(r, key, message) * secret, order))
  const point = multiply(nonce, base)
  const r = encode(point)
  const right = signWith(r)
  const s = fromLittleEndian(right.subarray(32))
  const make = (
    label: string,
    signature: Uint8Array,
    isValid = false,
    spki = toSpki(key),
  ): SignatureCase => ({
    name: `Ed25519: ${label}`,
    spki,
    algorithm: { oid: '', name: '', keyAlgorithm: 'Ed25519' },
    message,
    signature,
    isValid,
  })
  const identity = toLittleEndian(1n, 32)
  const withoutNonce = (first: Uint8Array) => join(first, mod(hash(first, key, message) * secret, order))
  return [
    make('as it should be', right, true),
    // Mathematically valid; Web Cryptography (Ed25519, verify, step 3) rejects an R of small order.
    make('R is the identity', withoutNonce(identity)),
    ...[order, 2n * order, 4n * order, 8n * order]
      .filter((more) => s + more < 2n ** 256n)
      .map((more) => make(`S is ${more / order} times the order too large`, join(r, s + more))),
    make('S is 0', join(r, 0n)),
    make('S is the order', join(r, order)),
    make('S is the order less 1', join(r, order - 1n)),
    make('S is only ones', join(r, 2n ** 256n - 1n)),
    make('S is negated', join(r, order - s)),
    make('R is negated', signWith(encode({ x: mod(-point.x, p), y: point.y }))),
    make('R is the identity with its sign set', withoutNonce(toLittleEndian(1n | (1n << 255n), 32))),
    make('R is the identity and not below the prime', withoutNonce(toLittleEndian(p + 1n, 32))),
    make('R is no point', join(toLittleEndian(2n, 32), s)),
    make(
      'R has a part of order 8, which only a check that multiplies by 8 overlooks',
      signWith(encode(add(point, ofOrderEight))),
    ),
    make('only zeros', new Uint8Array(64)),
    make('R is the identity and S is 0', join(identity, 0n)),
    make('nothing', new Uint8Array()),
    make('R alone', r),
    make('the last octet missing', right.subarray(0, -1)),
    make('a zero behind', Uint8Array.of(...right, 0)),
    make('it stands there twice', Uint8Array.of(...right, ...right)),
    make('S before R', Uint8Array.of(...right.subarray(32), ...r)),
    make('with another key', right, false, toSpki(encode(multiply(secret + 1n, base)))),
    make(
      'with the key negated',
      right,
      false,
      toSpki(Uint8Array.of(...key.subarray(0, 31), (key[31] as number) ^ 0x80)),
    ),
  ]
}

/**
 * Creates keys with which a signature proves nothing: the points of small order, in canonical and other
 * encodings.
 */
export function makeSmallOrderKeys(): Uint8Array[] {
  const keys = Array.from({ length: 8 }, (_, i) => encode(multiply(BigInt(i), ofOrderEight)))
  const low = [0n, 1n, p - 1n, p, p + 1n].map((y) => toLittleEndian(y, 32))
  return [
    ...keys,
    ...low,
    ...low.map((octets) => Uint8Array.of(...octets.subarray(0, 31), (octets[31] as number) | 0x80)),
  ].map(toSpki)
}
