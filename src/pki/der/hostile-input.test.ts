import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { issueClientCertificate, makeAuthority, makeKey } from '../../../test/support/test-authority.ts'
import { openToolFolder } from '../../../test/support/tool-folder.ts'
import { PosternError } from '../../errors.ts'
import { parseCertificate } from '../certificate/certificate.ts'
import { parsePublicKey } from '../key/public-key.ts'
import { lintCertificate } from '../profile/lint-certificate.ts'
import { parseCertificateRequest } from '../request/certificate-request.ts'
import { lintOcspAnswer } from '../status/lint-ocsp-answer.ts'
import { lintRevocationList } from '../status/lint-revocation-list.ts'
import { findPemBlocks, toPem } from '../text/pem.ts'
import { identifyDer } from './identify-der.ts'

const seeds: Record<'certificate' | 'request' | 'rsaRequest', Uint8Array> = {
  certificate: new Uint8Array(),
  request: new Uint8Array(),
  rsaRequest: new Uint8Array(),
}
let issuer: Awaited<ReturnType<typeof makeAuthority>>['issuing']

beforeAll(async () => {
  using folder = openToolFolder()
  issuer = (await makeAuthority()).issuing
  seeds.certificate = issueClientCertificate(issuer, await makeKey())
  const make = (key: string, sign: string) => {
    folder.run(`openssl genpkey -out key.pem ${key}`)
    const wishes = '-addext subjectAltName=DNS:a.example,IP:192.0.2.1 -addext keyUsage=keyCertSign'
    folder.run(
      `openssl req -new -key key.pem -subj /C=DE/CN=a ${wishes} ${sign} -outform DER -out request.der`,
    )
    return folder.read('request.der')
  }
  seeds.request = make('-algorithm EC -pkeyopt ec_paramgen_curve:P-256', '-sha256')
  seeds.rsaRequest = make('-algorithm RSA', '-sha256 -sigopt rsa_padding_mode:pss')
})

/** One change of a damaged disk or an attacker. */
const change = fc.record({
  kind: fc.constantFrom('flip', 'set', 'remove', 'insert', 'cut', 'repeat'),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  octet: fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(0, 1, 0x30, 0x7f, 0x80, 0x81, 0x84, 0xa0, 0xff),
  ),
  length: fc.integer({ min: 1, max: 40 }),
})
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

function applyChange(bytes: Uint8Array, { kind, at, octet, length }: Change): Uint8Array {
  const position = Math.floor(at * bytes.length)
  const [before, after] = [bytes.subarray(0, position), bytes.subarray(position)]
  if (kind === 'flip') return bytes.map((old, i) => (i === position ? old ^ (1 << (octet & 7)) : old))
  if (kind === 'set') return bytes.map((old, i) => (i === position ? octet : old))
  if (kind === 'remove') return Uint8Array.from([...before, ...after.subarray(length)])
  if (kind === 'insert') return Uint8Array.from([...before, ...new Uint8Array(length).fill(octet), ...after])
  if (kind === 'cut') return before
  return Uint8Array.from([...before, ...after.subarray(0, length), ...after])
}

const readers: Record<string, (bytes: Uint8Array) => unknown> = {
  certificate: parseCertificate,
  'public key': parsePublicKey,
  'certificate request': parseCertificateRequest,
  'certificate request in PEM': (bytes) => parseCertificateRequest(toPem('CERTIFICATE REQUEST', bytes)),
  'certificate to be signed': (bytes) => lintCertificate('client', bytes, issuer.facts),
  'revocation list to be signed': (bytes) => lintRevocationList(bytes, issuer.facts),
  'OCSP answer to be signed': (bytes) => lintOcspAnswer(bytes, { keyHash: bytes, notAfter: 0 }),
  'kind of thing': identifyDer,
}

/** Checks that a reader returns or rejects its input properly, and soon. */
function behaves(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  const start = performance.now()
  try {
    read(bytes)
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
  }
  // Far above the normal time, far below that of an endless loop.
  expect(performance.now() - start).toBeLessThan(3000)
}

test.each(Object.entries(readers))('a reader of a %s returns or rejects any bytes', (_, read) => {
  const seed = fc.constantFrom('certificate' as const, 'request' as const, 'rsaRequest' as const)
  fc.assert(
    fc.property(seed, fc.array(change, { minLength: 1, maxLength: 6 }), (name, changes) => {
      behaves(read, changes.reduce(applyChange, seeds[name]))
    }),
    { numRuns: 1500 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => behaves(read, bytes)),
    { numRuns: 300 },
  )
})

test('a certificate with any single changed octet is never read as the same signed content', () => {
  const { tbs, signature } = parseCertificate(seeds.certificate)
  for (let i = 0; i < seeds.certificate.length; i += 1) {
    const changed = seeds.certificate.map((octet, at) => (at === i ? octet ^ 0x15 : octet))
    try {
      const read = parseCertificate(changed)
      expect([...read.tbs, ...read.signature]).not.toEqual([...tbs, ...signature])
    } catch (error) {
      expect(error).toBeInstanceOf(PosternError)
    }
  }
})

test('a reader of pasted text returns or rejects any text', () => {
  const armour = fc.constantFrom(
    '-----BEGIN ',
    '-----END ',
    'CERTIFICATE REQUEST',
    'PRIVATE KEY',
    '-----',
    '\n',
    '\r',
    ':',
    '=',
    'MIIB',
    '\0',
    '"kty"',
    '"d":',
  )
  const texts = fc
    .array(fc.oneof(armour, fc.string({ unit: 'grapheme' })), { maxLength: 60 })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(texts, (text) => {
      findPemBlocks(text)
      behaves(() => parseCertificateRequest(text), new Uint8Array())
    }),
    { numRuns: 2000 },
  )
})

test.each([
  '-----BEGIN ',
  'BEGIN A',
  '-----BEGIN A-----\n',
  '"kty"',
  '"d"     ',
  ' ',
  '\n',
  'A',
  'a:b\n',
  '\0',
  '---',
])('a megabyte of %j is read in a short time', (part) => {
  behaves(() => parseCertificateRequest(part.repeat(1_000_000 / part.length)), new Uint8Array())
})
