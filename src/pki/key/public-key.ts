import type { keyKinds } from '../../contract/environment.ts'
import { PosternError } from '../../errors.ts'
import { type DerReader, openSequence } from '../der/der-reader.ts'
import { tags } from '../der/der-tags.ts'
import { malformed } from '../der/malformed.ts'
import { oidName, oids } from '../der/oids.ts'
import { isEd25519Key } from './edwards-curve.ts'
import { type CurveName, curves, isOnCurve, toBigInt } from './elliptic-curve.ts'

/** The numbers of an RSA public key. */
export interface RsaNumbers {
  modulus: bigint
  exponent: bigint
}

/** A public key that a certificate can carry. */
export type PublicKey = {
  /** SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7), the bytes as given. */
  spki: Uint8Array
  algorithm: 'EC' | 'RSA' | 'Ed25519'
  curve?: CurveName
  bits: number
  /** Set for an RSA key; both numbers are odd. */
  rsa?: RsaNumbers
  /** For display: `EC P-256`, `RSA 3072`, `Ed25519`. */
  label: string
}

/** A longer exponent makes each verification slow, and OpenSSL rejects it for large keys. */
const maxExponentOctets = 8
/** OpenSSL itself rejects larger keys (OPENSSL_RSA_MAX_MODULUS_BITS). */
const maxModulusOctets = 2048

/**
 * Parses a SubjectPublicKeyInfo. Throws `key_malformed` if it is damaged or not a point of its curve,
 * `key_exponent_small` for an RSA exponent below 65537, `key_not_allowed` for a kind that no policy allows.
 */
export function parsePublicKey(spki: Uint8Array): PublicKey {
  const reader = openSequence(spki, 'key_malformed')
  const algorithm = reader.readSequence()
  const type = algorithm.readOid()
  const parse = parsers[type]
  if (!parse) throw notCertified(type)
  const details = parse(algorithm, reader)
  reader.assertEnd()
  return { spki, ...details }
}

type KeyDetails = Omit<PublicKey, 'spki'>

const parsers: Record<string, (algorithm: DerReader, reader: DerReader) => KeyDetails> = {
  [oids.ecPublicKey]: parseEcKey,
  [oids.rsaEncryption]: parseRsaKey,
  [oids.ed25519]: parseEd25519Key,
}

/** RFC 5480, section 2. */
function parseEcKey(algorithm: DerReader, reader: DerReader): KeyDetails {
  if (algorithm.isNext(tags.sequence))
    throw notAllowed(
      'This EC key spells its curve out instead of naming it. Write the same key with the name of its curve (openssl ec -in client.key -param_enc named_curve -out named.key) and make the CSR from that.',
    )
  const curveOid = algorithm.readOid()
  algorithm.assertEnd()
  const curve = curves.find(({ oid }) => oid === curveOid)
  if (!curve) throw notCertified(curveOid)
  const point = reader.readBitString()
  if (point[0] === 2 || point[0] === 3)
    throw notAllowed(
      'This EC key holds its point in compressed form. Write the same key with its whole point (openssl ec -in client.key -conv_form uncompressed -out whole.key) and make the CSR from that.',
    )
  if (!isOnCurve(curve, point))
    throw malformed('key_malformed', `it is not a point of the curve ${curve.name}`)
  return { algorithm: 'EC', curve: curve.name, bits: curve.bits, label: `EC ${curve.name}` }
}

/** RFC 3279, section 2.3.1. */
function parseRsaKey(algorithm: DerReader, reader: DerReader): KeyDetails {
  if (!algorithm.isNext(tags.null))
    throw malformed('key_malformed', 'its RSA algorithm lacks the NULL that RFC 3279, 2.3.1 demands')
  algorithm.readNull()
  algorithm.assertEnd()
  const key = openSequence(reader.readBitString(), 'key_malformed')
  const modulus = toPositive(key)
  const exponent = toPositive(key)
  key.assertEnd()
  if (modulus.length > maxModulusOctets)
    throw notAllowed(
      `This RSA key is larger than any that is accepted. Make a new key of at most ${maxRsaBits} bits and a new CSR.`,
    )
  if (((modulus.at(-1) as number) & 1) === 0) throw malformed('key_malformed', 'its RSA modulus is even')
  checkExponent(exponent)
  const bits = modulus.length * 8 - Math.clz32(modulus[0] as number) + 24
  const rsa = { modulus: toBigInt(modulus), exponent: toBigInt(exponent) }
  return { algorithm: 'RSA', bits, rsa, label: `RSA ${bits}` }
}

function checkExponent(exponent: Uint8Array): void {
  if (((exponent.at(-1) as number) & 1) === 0) throw malformed('key_malformed', 'its RSA exponent is even')
  if (exponent.length > maxExponentOctets)
    throw notAllowed(
      'The public exponent of this RSA key is unusually long. Make a new key with exponent 65537 (the default of OpenSSL) and a new CSR.',
    )
  if (toBigInt(exponent) < 65537n)
    throw new PosternError(
      'key_exponent_small',
      'The public exponent of this RSA key is smaller than 65537, which is not safe. Make a new key with exponent 65537 (the default of OpenSSL) and a new CSR.',
    )
}

function toPositive(reader: DerReader): Uint8Array {
  const integer = reader.readInteger()
  if ((integer[0] as number) >= 0x80 || (integer[0] === 0 && integer.length === 1))
    throw malformed('key_malformed', 'a number in it is not positive')
  return integer[0] === 0 ? integer.subarray(1) : integer
}

/** RFC 8410, sections 3 and 4. */
function parseEd25519Key(algorithm: DerReader, reader: DerReader): KeyDetails {
  algorithm.assertEnd()
  if (!isEd25519Key(reader.readBitString()))
    throw malformed('key_malformed', 'it is not a point of the curve Ed25519')
  return { algorithm: 'Ed25519', bits: 256, label: 'Ed25519' }
}

function notCertified(oid: string): PosternError {
  return notAllowed(
    `Keys of the kind ${oidName(oid)} are not accepted. Make an EC P-256 key, or one of another kind that is accepted here, and a new CSR.`,
  )
}

function notAllowed(sentence: string): PosternError {
  return new PosternError('key_not_allowed', sentence)
}

/** A kind of key that a policy can list. */
export type KeyKind = (typeof keyKinds)[number]
/** The keys that an environment accepts; RSA from the smallest listed size up to 8192 bits. */
export type KeyPolicy = readonly KeyKind[]

const maxRsaBits = 8192

const kindDetails: Record<KeyKind, { label: string; curve?: CurveName; rsaBits?: number }> = {
  'ec-p256': { label: 'EC P-256', curve: 'P-256' },
  'ec-p384': { label: 'EC P-384', curve: 'P-384' },
  'ec-p521': { label: 'EC P-521', curve: 'P-521' },
  'rsa-2048': { label: 'RSA 2048', rsaBits: 2048 },
  'rsa-3072': { label: 'RSA 3072', rsaBits: 3072 },
  'rsa-4096': { label: 'RSA 4096', rsaBits: 4096 },
  ed25519: { label: 'Ed25519' },
}

/** Returns the kind of a key; for RSA the largest listed size that it reaches. */
export function getKeyKind({
  algorithm,
  curve,
  bits,
}: Pick<PublicKey, 'algorithm' | 'curve' | 'bits'>): KeyKind {
  const kinds = Object.entries(kindDetails) as [KeyKind, (typeof kindDetails)[KeyKind]][]
  const fitting = kinds.filter(([, details]) =>
    algorithm === 'RSA'
      ? (details.rsaBits ?? Number.POSITIVE_INFINITY) <= bits
      : details.rsaBits === undefined && details.curve === curve,
  )
  return fitting.at(-1)?.[0] ?? 'rsa-2048'
}

/** Throws `key_too_small` or `key_not_allowed`, with the accepted kinds, unless `policy` accepts the key. */
export function assertKeyAllowed(key: PublicKey, policy: KeyPolicy): void {
  const accepted = `Accepted here: ${policy.map((kind) => kindDetails[kind].label).join(', ')}.`
  if (key.algorithm === 'RSA') assertRsaSizeAllowed(key, policy, accepted)
  else if (
    !policy.some((kind) => kindDetails[kind].rsaBits === undefined && kindDetails[kind].curve === key.curve)
  )
    throw notAllowed(`This key is ${key.label}. ${accepted} Make a new key and a new CSR.`)
}

function assertRsaSizeAllowed(key: PublicKey, policy: KeyPolicy, accepted: string): void {
  const least = Math.min(...policy.map((kind) => kindDetails[kind].rsaBits ?? Number.POSITIVE_INFINITY))
  if (least === Number.POSITIVE_INFINITY)
    throw notAllowed(`This key is ${key.label}. ${accepted} Make a new key and a new CSR.`)
  if (key.bits < least)
    throw new PosternError(
      'key_too_small',
      `This RSA key has ${key.bits} bits; at least ${least} are needed. ${accepted} Make a new key and a new CSR.`,
    )
  if (key.bits > maxRsaBits)
    throw notAllowed(
      `This RSA key has ${key.bits} bits; at most ${maxRsaBits} are accepted. ${accepted} Make a new key and a new CSR.`,
    )
}
