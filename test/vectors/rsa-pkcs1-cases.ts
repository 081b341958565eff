import { constants, sign } from 'node:crypto'
import { element, nullValue, octetString, oid, sequence } from '../../src/pki/der/der-writer.ts'
import { oids } from '../../src/pki/der/oids.ts'
import { digest, listWrongNumbers, message, openRsaKey, sha256 } from './rsa-raw-key.ts'
import type { SignatureCase } from './signature-case.ts'

const sha256Oid = oid(oids.sha256)

/**
 * Creates edge cases of RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2) with SHA-256, in the classes of the
 * Wycheproof project.
 */
export function makePkcs1Cases(bits: number): SignatureCase[] {
  const key = openRsaKey(bits)
  const make = (label: string, signature: Uint8Array, isValid = false): SignatureCase => ({
    name: `RSA ${bits}: ${label}`,
    spki: key.spki,
    algorithm: { oid: '', name: '', keyAlgorithm: 'RSA', hash: 'SHA-256' },
    message,
    signature,
    isValid,
  })
  const pad = (
    info: Uint8Array,
    { start = [0, 1], filler = 0xff, count = key.size - info.length - 3, gap = [0] } = {},
  ) =>
    Uint8Array.of(
      ...start,
      ...new Uint8Array(count).fill(filler),
      ...gap,
      ...info,
      ...new Uint8Array(Math.max(0, key.size - start.length - count - gap.length - info.length)),
    )
  const info = (...parts: Uint8Array[]) => sequence(...parts)
  const algorithm = sequence(sha256Oid, nullValue)
  const right = info(algorithm, octetString(digest))
  const encoded: [string, Uint8Array][] = [
    ['the algorithm without its NULL', pad(info(sequence(sha256Oid), octetString(digest)))],
    ['a NULL that is not empty', pad(info(sequence(sha256Oid, Uint8Array.of(5, 1, 0)), octetString(digest)))],
    [
      'a NULL with a long length',
      pad(info(sequence(sha256Oid, Uint8Array.of(5, 0x81, 0)), octetString(digest))),
    ],
    ['something behind the NULL', pad(info(sequence(sha256Oid, nullValue, nullValue), octetString(digest)))],
    ['something behind the digest', pad(info(algorithm, octetString(digest), nullValue))],
    ['a long length', pad(Uint8Array.of(0x30, 0x81, ...right.subarray(1)))],
    ['an open length', pad(Uint8Array.of(0x30, 0x80, ...right.subarray(2), 0, 0))],
    [
      'a digest in two pieces',
      pad(
        info(algorithm, element(0x24, octetString(digest.subarray(0, 16)), octetString(digest.subarray(16)))),
      ),
    ],
    ['a digest that is cut short', pad(info(algorithm, octetString(digest.subarray(0, 31))))],
    ['a digest with a zero more', pad(info(algorithm, octetString(digest, Uint8Array.of(0))))],
    ['another digest', pad(info(algorithm, octetString(sha256(digest))))],
    ['the name of another hash', pad(info(sequence(oid(oids.sha384), nullValue), octetString(digest)))],
    ['the digest alone', pad(digest)],
    ['no digest', pad(info(algorithm, octetString()))],
    ['nothing behind the padding', pad(new Uint8Array())],
    ['short padding and zeros at the end', pad(right, { count: 8 })],
    ['no padding and zeros at the end', pad(right, { count: 0 })],
    ['padding of zeros', pad(right, { filler: 0 })],
    ['padding that is not all ones', pad(right, { filler: 0xfe })],
    ['block type 0', pad(right, { start: [0, 0] })],
    ['block type 2', pad(right, { start: [0, 2] })],
    ['a first octet that is not 0', pad(right, { start: [1, 1] })],
    ['no zero behind the padding', pad(right, { count: key.size - right.length - 2, gap: [] })],
    ['a one for the zero behind the padding', pad(right, { gap: [1] })],
  ]
  const signature = key.signRaw(pad(right))
  return [
    make('as it should be', signature, true),
    ...encoded.map(([label, octets]) => make(label, key.signRaw(octets))),
    make(
      'signed by PSS',
      sign('sha256', message, { key: key.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING }),
    ),
    ...listWrongNumbers(key, signature).map(([label, octets]) => make(label, octets)),
  ]
}
