import { createHash, randomBytes, sign } from 'node:crypto'
import { toOctets } from './modular.ts'
import { digest, listWrongNumbers, message, openRsaKey, sha256 } from './rsa-raw-key.ts'
import type { SignatureCase } from './signature-case.ts'

/** Computes MGF1 (RFC 8017, appendix B.2.1); every hash here has at least 20 octets. */
function makeMask(seed: Uint8Array, length: number, hash = sha256): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(length / 20) }, (_, i) => hash(seed, toOctets(BigInt(i), 4)))
  return Uint8Array.from(blocks.flatMap((block) => [...block])).subarray(0, length)
}
const sha1 = (...parts: Uint8Array[]): Uint8Array =>
  new Uint8Array(createHash('sha1').update(Buffer.concat(parts)).digest())

interface PssChoice {
  salt?: Uint8Array
  trailer?: number
  separator?: number
  filler?: number
  top?: number
  hashed?: Uint8Array
  maskHash?: typeof sha256
  prefix?: Uint8Array
}

/** Encodes EMSA-PSS (RFC 8017, section 9.1.1), or a deviation from it. */
function encodePss(size: number, choice: PssChoice): Uint8Array {
  const {
    salt = new Uint8Array(randomBytes(32)),
    trailer = 0xbc,
    separator = 1,
    filler = 0,
    top = 0,
  } = choice
  const hash = sha256(choice.prefix ?? new Uint8Array(8), choice.hashed ?? digest, salt)
  const length = size - hash.length - 1
  const block = new Uint8Array(length).fill(filler, 0, length - salt.length - 1)
  block[length - salt.length - 1] = separator
  block.set(salt, length - salt.length)
  const mask = makeMask(hash, length, choice.maskHash)
  const masked = block.map((octet, i) => octet ^ (mask[i] as number))
  masked[0] = ((masked[0] as number) & 0x7f) | top
  return Uint8Array.of(...masked, ...hash, trailer)
}

/** Creates edge cases of RSASSA-PSS (RFC 8017, section 8.1) with SHA-256 and 32 octets of salt by default. */
export function makePssCases(bits: number): SignatureCase[] {
  const key = openRsaKey(bits)
  const make = (label: string, signature: Uint8Array, isValid = false, saltLength = 32): SignatureCase => ({
    name: `RSA-PSS ${bits}: ${label}`,
    spki: key.spki,
    algorithm: { oid: '', name: '', keyAlgorithm: 'RSA-PSS', hash: 'SHA-256', saltLength },
    message,
    signature,
    isValid,
  })
  const signed = (choice: PssChoice) => key.signRaw(encodePss(key.size, choice))
  const salt = (length: number) => new Uint8Array(randomBytes(length))
  const most = key.size - 34
  const lengths = [0, 1, 20, 31, 32, 33, 48, 64, most]
  const right = signed({})
  // Once in 256 times.
  let short = right
  while (short[0] !== 0) short = signed({})
  const choices: [string, PssChoice][] = [
    ['the trailer CC', { trailer: 0xcc }],
    ['the trailer 0', { trailer: 0 }],
    ['no one before the salt', { separator: 0 }],
    ['a two before the salt', { separator: 2 }],
    ['ones for zeros before the salt', { filler: 1 }],
    ['another digest', { hashed: sha256(digest) }],
    ['no digest', { hashed: new Uint8Array() }],
    ['a mask by SHA-1', { maskHash: sha1 }],
    ['seven zeros in front of what is hashed', { prefix: new Uint8Array(7) }],
    ['ones in front of what is hashed', { prefix: new Uint8Array(8).fill(1) }],
  ]
  return [
    make('as it should be', right, true),
    make('one that begins with 0', short, true),
    make('one that begins with 0, without that octet', short.subarray(1)),
    make('a salt of zeros', signed({ salt: new Uint8Array(32) }), true),
    ...lengths.map((length) =>
      make(`a salt of ${length} where 32 are said`, signed({ salt: salt(length) }), length === 32),
    ),
    ...lengths.map((length) => make(`32 of salt where ${length} are said`, right, length === 32, length)),
    ...lengths.map((length) =>
      make(`a salt of ${length}, as is said`, signed({ salt: salt(length) }), true, length),
    ),
    make('more salt said than there is room for', right, false, most + 1),
    make('2³¹ − 1 of salt said', right, false, 2 ** 31 - 1),
    ...choices.map(([label, choice]) => make(label, signed(choice))),
    make('signed by PKCS #1 v1.5', sign('sha256', message, key.privateKey)),
    ...listWrongNumbers(key, right).map(([label, octets]) => make(label, octets)),
  ]
}
