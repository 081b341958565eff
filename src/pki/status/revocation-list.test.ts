import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectWithin } from '../../../test/support/expect-within.ts'
import { x509 } from '../../../test/support/peculiar-x509.ts'
import { makeAuthority, type TestIssuer } from '../../../test/support/test-authority.ts'
import { openToolFolder } from '../../../test/support/tool-folder.ts'
import { openSequence } from '../der/der-reader.ts'
import {
  booleanTrue,
  element,
  integer,
  octetString,
  oid,
  sequence,
  time,
  unsignedInteger,
} from '../der/der-writer.ts'
import { fromHex, toHex } from '../der/fingerprint.ts'
import { encodeSignatureAlgorithm } from '../key/signature-algorithm.ts'
import { authorityKeyIdentifier, extension } from '../profile/extension-writer.ts'
import { lintRevocationList, SoundTbsCertList } from './lint-revocation-list.ts'
import { createRevocationListDraft, draftRevocationList } from './revocation-list.ts'
import { type RevocationReason, revocationReasonDetails } from './revocation-reason.ts'

let issuer: TestIssuer
beforeAll(async () => {
  issuer = (await makeAuthority()).issuing
})

const reasons = Object.keys(revocationReasonDetails) as RevocationReason[]
const [thisUpdate, nextUpdate] = [Date.UTC(2026, 0, 2, 3, 4, 5), Date.UTC(2051, 0, 2)]
type ListFields = Parameters<typeof draftRevocationList>[0]
const signList = (changes: Partial<ListFields>) =>
  issuer.sign(
    draftRevocationList({ issuer: issuer.facts, number: 1, thisUpdate, nextUpdate, entries: [], ...changes }),
  )
function print(command: string, crl: Uint8Array): string {
  using folder = openToolFolder()
  folder.write('list.crl', crl)
  return folder.run(command)
}
const openssl = 'openssl crl -inform DER -in list.crl -noout -text'
const gnutls = 'certtool --crl-info --inder --infile list.crl'

test('a CRL has its number, dates, issuer and key in OpenSSL and GnuTLS', () => {
  const crl = signList({ number: 2n ** 64n })
  expect(print(openssl, crl)).toMatch(
    /Version 2 \(0x1\)[\s\S]*Last Update: Jan {2}2 03:04:05 2026 GMT\s+Next Update: Jan {2}2 00:00:00 2051 GMT/,
  )
  expect(print(openssl, crl)).toContain('No Revoked Certificates')
  const text = print(gnutls, crl)
  expect(text).toMatch(/CRL Number \(not critical\): 010000000000000000/)
  expect(text).toContain(toHex(issuer.facts.subjectKeyIdentifier))
})

test('a CRL contains each reason, and none if it is unspecified', () => {
  const revokedAt = Date.UTC(2026, 0, 1)
  const entries = reasons.map((reason, i) => ({ serialNumber: `a${i}`, revokedAt, reason }))
  const text = print(openssl, signList({ entries: [...entries, { serialNumber: '07', revokedAt }] }))
  const shown = text.slice(text.indexOf('Revoked Certificates'), text.indexOf('Signature Algorithm', 200))
  const rows = shown
    .split('Serial Number: ')
    .slice(1)
    .map((row) => [row.slice(0, 2), /Reason Code: \n +(.*)/.exec(row)?.[1]])
  expect(rows).toEqual([
    ['A0', undefined],
    ['A1', 'Key Compromise'],
    ['A2', 'Affiliation Changed'],
    ['A3', 'Superseded'],
    ['A4', 'Cessation Of Operation'],
    ['A5', 'Privilege Withdrawn'],
    ['07', undefined],
  ])
})

test('a CRL has the same entries in @peculiar/x509', () => {
  const entry = fc.record({
    serialNumber: fc
      .uint8Array({ minLength: 1, maxLength: 19 })
      .filter((octets) => octets.some((octet) => octet > 0))
      .map((octets) => toHex(octets)),
    revokedAt: fc.integer({ min: Date.UTC(1950, 0, 1), max: Date.UTC(2100, 0, 1) }),
    reason: fc.constantFrom(...reasons, undefined),
  })
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 40 }), (entries) => {
      const theirs = new x509.X509Crl(new Uint8Array(signList({ entries })))
      expect(
        theirs.entries.map(({ serialNumber, revocationDate, reason }) => [
          BigInt(`0x${serialNumber}`),
          revocationDate.getTime(),
          reason,
        ]),
      ).toEqual(
        entries.map(({ serialNumber, revokedAt, reason = 'unspecified' }) => [
          BigInt(`0x${serialNumber}`),
          Math.floor(revokedAt / 1000) * 1000,
          reason === 'unspecified' ? undefined : revocationReasonDetails[reason].code,
        ]),
      )
    }),
    { numRuns: 60 },
  )
})

/** Returns an entry and a CRL as in RFC 5280, section 5.1, put together from the inside out. */
function writePlainly({ entries = [], address, number = 1 }: Partial<ListFields>): Uint8Array {
  const written = [...entries].map(({ serialNumber, revokedAt, reason }) =>
    sequence(
      unsignedInteger(fromHex(serialNumber)),
      time(revokedAt),
      ...(reason === undefined || reason === 'unspecified'
        ? []
        : [
            sequence(
              extension('2.5.29.21', element(0x0a, Uint8Array.of(revocationReasonDetails[reason].code))),
            ),
          ]),
    ),
  )
  const uri = Buffer.from(address ?? '')
  const point = sequence(element(0xa0, element(0xa0, element(0x86, uri))), Buffer.from('8101ff', 'hex'))
  return sequence(
    integer(1),
    encodeSignatureAlgorithm(issuer.facts.signatureAlgorithm),
    issuer.facts.subjectDer,
    time(thisUpdate),
    time(nextUpdate),
    ...(written.length === 0 ? [] : [sequence(...written)]),
    element(
      0xa0,
      sequence(
        authorityKeyIdentifier(issuer.facts.subjectKeyIdentifier),
        extension('2.5.29.20', integer(number)),
        ...(address === undefined ? [] : [sequence(oid('2.5.29.28'), booleanTrue, octetString(point))]),
      ),
    ),
  )
}

test('a CRL that is written page by page has the same octets as one written as a whole', () => {
  const entry = fc.record({
    serialNumber: fc
      .uint8Array({ minLength: 1, maxLength: 20 })
      .filter((octets) => octets.some((octet) => octet > 0))
      .map(toHex),
    revokedAt: fc.integer({ min: Date.UTC(1950, 0, 1), max: Date.UTC(2100, 0, 1) }),
    reason: fc.constantFrom(...reasons, undefined),
  })
  const pages = fc.array(fc.array(entry, { maxLength: 9 }), { maxLength: 9 })
  const address = fc.option(fc.webUrl(), { nil: undefined })
  fc.assert(
    fc.property(pages, address, fc.nat(), fc.nat({ max: 1500 }), (some, uri, number, repeated) => {
      // Enough that lengths take three octets and the array has to grow.
      const all = [...some, ...Array.from({ length: some.length === 0 ? 0 : repeated }, () => some[0] ?? [])]
      const fields = { issuer: issuer.facts, number, thisUpdate, nextUpdate, address: uri }
      const draft = createRevocationListDraft(fields)
      for (const page of all) draft.add(page)
      expect(draft.entries).toBe(all.flat().length)
      const tbs = draft.finish()
      expect(Buffer.compare(tbs, writePlainly({ ...fields, entries: all.flat() }))).toBe(0)
      expect(lintRevocationList(tbs, issuer.facts)).toEqual([])
    }),
    { numRuns: 40 },
  )
})

test('a CRL with a hundred thousand entries is written in a short time and read by OpenSSL', () => {
  function* listEntries() {
    for (let i = 0; i < 100_000; i += 1)
      yield {
        serialNumber: `8f0000000000000000000000${i.toString(16).padStart(8, '0')}`,
        revokedAt: thisUpdate - i * 1000,
        reason: reasons[i % reasons.length],
      }
  }
  const start = performance.now()
  const fields = { issuer: issuer.facts, number: 1, thisUpdate, nextUpdate }
  const tbs = draftRevocationList({ ...fields, entries: listEntries() })
  const crl = issuer.sign(new SoundTbsCertList(tbs, issuer.facts).der)
  expectWithin('a list of 100,000 is signed', 400, performance.now() - start)
  expect(print(openssl, crl).match(/Serial Number/g)).toHaveLength(100_000)
})

describe('a list is linted before it is signed', () => {
  const entry = { serialNumber: '7f01', revokedAt: thisUpdate, reason: 'superseded' } as const
  const draft = (changes: Partial<ListFields> = {}) =>
    draftRevocationList({
      ...{ issuer: issuer.facts, number: 1, thisUpdate, nextUpdate, entries: [entry] },
      ...changes,
    })
  /** A list whose entries are these octets. */
  const withEntries = (entries: Uint8Array) => {
    const fields = readFields(draft())
    return sequence(...fields.slice(0, 5), sequence(entries), ...fields.slice(6))
  }
  const withExtensions = (...extensions: Uint8Array[]) =>
    sequence(...readFields(draft()).slice(0, 6), element(0xa0, sequence(...extensions)))
  const entryOf = (...parts: Uint8Array[]) => withEntries(sequence(...parts))
  const rulesOf = (tbs: Uint8Array) => lintRevocationList(tbs, issuer.facts).map(({ rule }) => rule)

  test.each<[string, () => Uint8Array]>([
    ['readable', () => draft().subarray(1)],
    ['readable', () => Uint8Array.from([...draft(), 0])],
    ['readable', () => sequence()],
    ['version 2', () => sequence(...readFields(draft()).slice(1))],
    [
      'signature algorithm of the issuer',
      () => draft({ issuer: { ...issuer.facts, signatureAlgorithm: 'ed25519' } }),
    ],
    ['issuer name', () => draft({ issuer: { ...issuer.facts, subjectDer: sequence() } })],
    [
      'authority key identifier',
      () => draft({ issuer: { ...issuer.facts, subjectKeyIdentifier: new Uint8Array(20) } }),
    ],
    ['CRL number', () => draft({ number: 2n ** 200n })],
    ['CRL number', () => withExtensions(authorityKeyIdentifier(issuer.facts.subjectKeyIdentifier))],
    [
      'the extensions of the profile',
      () =>
        withExtensions(
          authorityKeyIdentifier(issuer.facts.subjectKeyIdentifier),
          extension('2.5.29.20', integer(1)),
          extension('2.5.29.28', sequence()),
        ),
    ],
    ['entries', () => withEntries(new Uint8Array())],
    ['entries', () => withEntries(Uint8Array.of(0x30, 0x7f))],
    ['entries', () => withEntries(Uint8Array.of(0x30))],
    ['entries', () => withEntries(integer(1))],
    ['entries', () => entryOf(integer(1))],
    ['entries', () => entryOf(integer(0), time(thisUpdate))],
    ['entries', () => entryOf(Uint8Array.of(2, 1, 0x80), time(thisUpdate))],
    ['entries', () => entryOf(Uint8Array.of(2, 2, 0, 1), time(thisUpdate))],
    ['entries', () => entryOf(unsignedInteger(new Uint8Array(22).fill(1)), time(thisUpdate))],
    ['entries', () => entryOf(integer(1), element(0x17, Buffer.from('2601020304Z')))],
    ['entries', () => entryOf(integer(1), element(0x17, Buffer.from('260102030405+')))],
    ['entries', () => entryOf(integer(1), time(thisUpdate), sequence())],
    [
      'entries',
      () =>
        entryOf(
          integer(1),
          time(thisUpdate),
          sequence(extension('2.5.29.21', element(0x0a, Uint8Array.of(0)))),
        ),
    ],
  ])('%s', (rule, give) => {
    const tbs = give()
    expect(rulesOf(tbs)).toEqual([rule])
    expect(() => new SoundTbsCertList(tbs, issuer.facts)).toThrow(
      expect.objectContaining({ code: 'profile_violation', detail: expect.stringContaining('RFC 5280, 5.') }),
    )
  })
})

/** The parts of a list, with their headers. */
function readFields(tbs: Uint8Array): Uint8Array[] {
  const reader = openSequence(tbs, 'certificate_malformed')
  const fields: Uint8Array[] = []
  while (!reader.isAtEnd()) fields.push(reader.readEncoded())
  return fields
}

describe('a CRL is rejected', () => {
  test.each(['', 'xyz', '0x12', '-1', '1'.repeat(41), 'a b', 'é'])(
    'for the serial number %j',
    (serialNumber) => {
      expect(() => signList({ entries: [{ serialNumber, revokedAt: 0 }] })).toThrow(
        expect.objectContaining({ code: 'profile_violation' }),
      )
    },
  )

  test('if it ends before it begins', () => {
    expect(() => signList({ nextUpdate: thisUpdate })).toThrow(
      expect.objectContaining({ code: 'profile_violation' }),
    )
  })
})
