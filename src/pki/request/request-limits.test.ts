import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { GateCost } from '../../../test/vectors/measure-request-checks.ts'
import { makePrime } from '../../../test/vectors/weak-rsa-key.ts'
import {
  bitString,
  element,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
} from '../der/der-writer.ts'
import { oids } from '../der/oids.ts'
import { toPem } from '../text/pem.ts'

const program = fileURLToPath(new URL('../../../test/vectors/measure-request-checks.ts', import.meta.url))
const mebibyte = 2 ** 20

/** Returns the result of an input in a separate process, so that the measured memory is the input's only. */
function measure(form: 'text' | 'bytes', input: string | Uint8Array): GateCost {
  const { stdout, stderr } = spawnSync(process.execPath, [program, form], { input, encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}

const fill = (part: string) => part.repeat(Math.floor(mebibyte / part.length))
const fillBytes = (...part: number[]) => {
  const bytes = new Uint8Array(mebibyte)
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = part[i % part.length] as number
  return bytes
}

/** Returns an element in an element, and so on, up to a size; written from the inside out. */
function nest(tag: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let position = size
  for (;;) {
    const header = [tag, ...lengthOf(size - position)]
    if (header.length > position) return bytes.subarray(position)
    position -= header.length
    bytes.set(header, position)
  }
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length]
  if (length < 0x100) return [0x81, length]
  if (length < 0x10000) return [0x82, length >> 8, length & 0xff]
  return [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff]
}

const spki = (modulus: bigint, exponent: bigint) =>
  sequence(
    sequence(oid(oids.rsaEncryption), nullValue),
    bitString(sequence(integer(modulus), integer(exponent))),
  )
/** Returns a CSR without a valid signature, with these values in its fields. */
function request({
  name = sequence(),
  key = spki(makeModulus(2), 65_537n),
  attributes = new Uint8Array() as Uint8Array,
}) {
  const info = sequence(integer(0), name, key, element(0xa0, attributes))
  const algorithm = sequence(oid(oids.sha256WithRSAEncryption), nullValue)
  return sequence(info, algorithm, bitString(new Uint8Array(randomBytes(256))))
}
const makeModulus = (primes: number) =>
  Array.from({ length: primes }, () => makePrime(1024)).reduce((product, prime) => product * prime)
const attribute = (value: Uint8Array) => sequence(oid('1.2.3.4'), setOf([value]))
const rdn = setOf([sequence(oid(oids.commonName), element(0x0c, Uint8Array.of(0x61)))])
const many = (part: Uint8Array, count: number) => sequence(...Array.from({ length: count }, () => part))

const texts: [string, string][] = [
  ...['A', '\n', '\0', '-----BEGIN ', '-----BEGIN A-----\n', 'BEGIN A', '"kty"', '"d"    ', 'a:b\n'].map(
    (part): [string, string] => [`a text of nothing but ${JSON.stringify(part)}`, fill(part)],
  ),
  ['NULs between letters', fill('ä\0')],
  ['a block of empty lines', `-----BEGIN A-----${fill('\n').slice(40)}-----END A-----`],
  ['an open block of empty lines', `-----BEGIN A-----${fill('\n').slice(40)}`],
  ['a text of heads of keys', fill('MIIEvgIBADANBgkqhkiG9w0BAQEFAASD ')],
  ['a text of lines like keys', fill('MIIE\n')],
  [
    'a text of blocks',
    fill('-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n'),
  ],
  ['one block of a mebibyte', toPem('CERTIFICATE REQUEST', fillBytes(0x30, 0x00).subarray(0, 750_000))],
  ['a block of deep nesting', toPem('CERTIFICATE REQUEST', nest(0x30, 700_000))],
]
const bytes: [string, Uint8Array][] = [
  ['open lengths in open lengths', fillBytes(0x30, 0x80)],
  ['lengths of many octets', fillBytes(0x30, 0xff)],
  ['empty sequences', fillBytes(0x30, 0x00)],
  ['sequences in sequences', nest(0x30, mebibyte)],
  ['octet strings in octet strings', nest(0x04, mebibyte)],
  ['UTF-16', Uint8Array.from([0xff, 0xfe, ...fillBytes(0x41, 0x00).subarray(2)])],
  ['noise', new Uint8Array(randomBytes(mebibyte))],
  ['sequences in sequences, small enough', request({ attributes: attribute(nest(0x30, 14_000)) })],
  ['an attribute of empty sequences', request({ attributes: attribute(many(sequence(), 7000)) })],
  ['octet strings around octet strings', request({ attributes: attribute(octetString(nest(0x04, 14_000))) })],
  ['a name of 1000 parts', request({ name: many(rdn, 1000) })],
  ['a huge number', request({ name: sequence(integer(1n << 120_000n)) })],
  [
    'a modulus of 8192 bits that only its signature gives away',
    request({ key: spki(makeModulus(8), 65_537n) }),
  ],
  ['a modulus of 8192 bits with a long exponent', request({ key: spki(makeModulus(8), (1n << 63n) + 1n) })],
  ['a modulus of 100000 bits', request({ key: spki((1n << 100_000n) + 1n, 65_537n) })],
]

const cases = [
  ...texts.map(([name, input]) => [name, 'text', input] as const),
  ...bytes.map(([name, input]) => [name, 'bytes', input] as const),
]
test.each(cases)('CSR validation of %s takes neither 2 s nor 64 MiB', (_, form, input) => {
  expect(input.length).toBeLessThanOrEqual(mebibyte)
  const cost = measure(form, input)
  expect(cost.verdict).toMatch(/^(csr|key)_/)
  expect(cost.milliseconds).toBeLessThan(2000)
  expect(cost.bytes).toBeLessThan(64 * mebibyte)
})
