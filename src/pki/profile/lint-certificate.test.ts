import { beforeAll, describe, expect, test } from 'vitest'
import {
  makeAuthority,
  makeKey,
  planClientCertificate,
  randomSerialNumber,
  type TestIssuer,
  type TestKey,
} from '../../../test/support/test-authority.ts'
import { openSequence } from '../der/der-reader.ts'
import { element, integer, oid, sequence, setOf, textElement, time } from '../der/der-writer.ts'
import { oids } from '../der/oids.ts'
import { dnsName, uriName } from '../name/general-name.ts'
import {
  type ClientCertificateFields,
  draftAuditCertificate,
  draftAuthorityCertificate,
  draftClientCertificate,
  draftResponderCertificate,
  draftServerCertificate,
} from './certificate-profile.ts'
import * as extensions from './extension-writer.ts'
import { type CertificateKind, draftRoot, lintCertificate, SoundTbsCertificate } from './lint-certificate.ts'

let issuer: TestIssuer
let other: TestIssuer
let key: TestKey
beforeAll(async () => {
  const authority = await makeAuthority()
  issuer = authority.issuing
  other = authority.root
  key = await makeKey()
})

const draft = (changes: Partial<ClientCertificateFields> = {}) =>
  draftClientCertificate(planClientCertificate(issuer, key, changes))
const rulesOf = (tbs: Uint8Array) => lintCertificate('client', tbs, issuer.facts).map(({ rule }) => rule)

function listFields(): Uint8Array[] {
  const reader = openSequence(draft(), 'certificate_malformed')
  const fields: Uint8Array[] = []
  while (!reader.isAtEnd()) fields.push(reader.readEncoded())
  return fields
}

/** Returns a valid draft with one of its eight fields replaced. */
const replaceField = (index: number, field: Uint8Array) => sequence(...listFields().with(index, field))

/** Returns a valid draft with one extension replaced, removed, or added. */
function replaceExtension(dotted: string, ...replacement: Uint8Array[]): Uint8Array {
  const tbs = openSequence(draft(), 'certificate_malformed')
  while (tbs.peekTag() !== 0xa3) tbs.readEncoded()
  const list = tbs.readConstructed(0xa3).readSequence()
  const kept: Uint8Array[] = []
  while (!list.isAtEnd()) {
    const each = list.readEncoded()
    if (openSequence(each, 'certificate_malformed').readOid() !== dotted) kept.push(each)
  }
  return replaceField(7, element(0xa3, sequence(...kept, ...replacement)))
}

const attribute = (type: string, tag: number, value: string) =>
  setOf([sequence(oid(type), textElement(tag, value))])
const nameOf = (country: string, organization: string, tag = 0x0c, countryTag = 0x13) =>
  sequence(
    attribute(oids.countryName, countryTag, country),
    attribute(oids.organizationName, tag, organization),
    attribute(oids.commonName, 0x0c, 'acme-0001'),
  )
const uncritical = (dotted: string, value: Uint8Array) => extensions.extension(dotted, value)

test('a sound TBSCertificate breaks no rule', () => {
  expect(rulesOf(draft())).toEqual([])
  expect(
    rulesOf(draft({ subject: { organizationName: '日本', country: 'JP', state: '', commonName: 'a' } })),
  ).toEqual([])
  const tbs = draft()
  expect(new SoundTbsCertificate('client', tbs, issuer.facts).der).toBe(tbs)
})

describe('a plan that violates a rule', () => {
  const rows: [string, () => Uint8Array][] = [
    ['readable', () => draft().subarray(1)],
    ['readable', () => replaceField(6, sequence())],
    ['version 3', () => sequence(...listFields().slice(1, 7))],
    ['serial number positive and short', () => draft({ serialNumber: '00' })],
    ['serial number positive and short', () => draft({ serialNumber: 'ff'.repeat(20) })],
    ['serial number unpredictable', () => draft({ serialNumber: '01020304050607' })],
    [
      'signature algorithm of the issuer',
      () => draft({ issuer: { ...issuer.facts, signatureAlgorithm: 'ed25519' } }),
    ],
    ['issuer name', () => draft({ issuer: { ...issuer.facts, subjectDer: other.facts.subjectDer } })],
    ['validity in order', () => draft({ notBefore: Date.UTC(2030, 0, 2), notAfter: Date.UTC(2030, 0, 1) })],
    ['validity inside the issuer’s', () => draft({ notAfter: issuer.facts.notAfter + 1000 })],
    [
      'dates in the right type',
      () => replaceField(4, sequence(textElement(0x18, '20300101000000Z'), time(Date.UTC(2031, 0)))),
    ],
    [
      'dates in the right type',
      () => replaceField(4, sequence(textElement(0x18, '19300101000000Z'), time(Date.UTC(2031, 0)))),
    ],
    ['subject complete', () => replaceField(5, sequence())],
    ['subject complete', () => replaceField(5, sequence(attribute(oids.commonName, 0x0c, 'a')))],
    ['subject in the right string types', () => replaceField(5, nameOf('GB', 'Acme', 0x13))],
    ['subject in the right string types', () => replaceField(5, nameOf('GB', 'Acme', 0x0c, 0x0c))],
    ['subject within its bounds', () => replaceField(5, nameOf('GB', 'x'.repeat(65)))],
    ['subject within its bounds', () => replaceField(5, nameOf('GB', ''))],
    ['subject within its bounds', () => replaceField(5, nameOf('GB', 'a\u202eb'))],
    ['country code', () => replaceField(5, nameOf('gb', 'Acme'))],
    ['the extensions of the profile', () => replaceExtension(oids.cRLDistributionPoints)],
    ['the extensions of the profile', () => replaceExtension('', extensions.extension('1.2.3', integer(1)))],
    [
      'critical bits',
      () => replaceExtension(oids.keyUsage, uncritical(oids.keyUsage, Uint8Array.of(3, 2, 7, 0x80))),
    ],
    [
      'authority key identifier',
      () => draft({ issuer: { ...issuer.facts, subjectKeyIdentifier: other.facts.subjectKeyIdentifier } }),
    ],
    ['subject key identifier', () => draft({ subjectKeyIdentifier: Uint8Array.of(1) })],
    [
      'key usage',
      () => replaceExtension(oids.keyUsage, extensions.keyUsage('digitalSignature', 'keyCertSign')),
    ],
    [
      'extended key usage',
      () => replaceExtension(oids.extendedKeyUsage, extensions.extendedKeyUsage('serverAuth')),
    ],
    ['no CA', () => replaceExtension(oids.basicConstraints, extensions.basicConstraints(true))],
    ['alternative name', () => draft({ uri: 'acme' })],
    [
      'alternative name',
      () => replaceExtension(oids.subjectAltName, extensions.subjectAltName(dnsName('a.example'))),
    ],
    [
      'alternative name',
      () =>
        replaceExtension(oids.subjectAltName, extensions.subjectAltName(uriName('urn:a'), uriName('urn:b'))),
    ],
    ['where the CRL is', () => draft({ crlUrl: 'file:///etc/passwd' })],
    ['where the OCSP responder is', () => draft({ ocspUrl: 'ldap://a.example' })],
    [
      'where the OCSP responder is',
      () =>
        replaceExtension(
          oids.authorityInfoAccess,
          extensions.authorityInfoAccess({ issuerUrl: 'http://127.0.0.1/a.cer' }),
        ),
    ],
    ['where the issuer is', () => draft({ issuerUrl: 'ldap://a.example' })],
  ]
  test.each(rows)('is rejected by the rule: %s', (rule, give) => {
    expect(rulesOf(give())).toContain(rule)
  })

  test('is rejected with the clause of the rule', () => {
    expect(
      lintCertificate(
        'client',
        replaceExtension(oids.basicConstraints, extensions.basicConstraints(true)),
        issuer.facts,
      ),
    ).toEqual([
      { rule: 'no CA', clause: 'RFC 5280, 4.2.1.9', problem: 'it would be a CA or has a path length' },
    ])
  })
})

describe('the certificate of an OCSP responder', () => {
  const plan = () => ({
    ...key,
    serialNumber: randomSerialNumber(),
    issuer: issuer.facts,
    subject: [{ type: oids.commonName, value: 'Test OCSP' }],
    notBefore: Date.now(),
    notAfter: Date.now() + 2 * 86_400_000,
  })
  const lint = (tbs: Uint8Array) => lintCertificate('responder', tbs, issuer.facts).map(({ rule }) => rule)

  test('violates no rule as it is drafted', () => {
    expect(lint(draftResponderCertificate(plan()))).toEqual([])
  })

  test('is short-lived, has a name, and has no other purpose', () => {
    const year = { notAfter: Date.now() + 365 * 86_400_000 }
    expect(lint(draftResponderCertificate({ ...plan(), ...year }))).toEqual(['short-lived'])
    expect(lint(draftResponderCertificate({ ...plan(), subject: [] }))).toEqual(['subject complete'])
    expect(lint(draft())).toEqual(['short-lived', 'the extensions of the profile', 'extended key usage'])
    expect(rulesOf(draftResponderCertificate(plan()))).toContain('extended key usage')
  })
})

describe('the certificates of Postern itself', () => {
  const common = () => ({
    ...key,
    serialNumber: randomSerialNumber(),
    subject: [{ type: oids.commonName, value: 'Test' }],
    notBefore: Date.now(),
    notAfter: Date.now() + 86_400_000,
  })
  const root = (changes = {}) =>
    draftRoot({ ...common(), signatureAlgorithm: 'ecdsa-with-SHA256', ...changes })
  const issuing = (changes = {}) =>
    draftAuthorityCertificate({
      ...{ ...common(), kind: 'issuing', issuer: issuer.facts },
      ...{ crlUrl: 'http://localhost/a.crl', issuerUrl: 'http://localhost/a.cer' },
      ...changes,
    })
  const server = (changes = {}) =>
    draftServerCertificate({
      ...{ ...common(), issuer: issuer.facts, dnsNames: ['localhost'], ipAddresses: ['::1'] },
      ...changes,
    })
  const audit = (changes = {}) => draftAuditCertificate({ ...common(), issuer: issuer.facts, ...changes })

  test('break no rule as they are drafted', () => {
    const self = root()
    expect(lintCertificate('root', self.der, self.issuer)).toEqual([])
    expect(lintCertificate('issuing', issuing(), issuer.facts)).toEqual([])
    expect(lintCertificate('server', server(), issuer.facts)).toEqual([])
    expect(lintCertificate('audit', audit(), issuer.facts)).toEqual([])
  })

  test.each<[string, CertificateKind, () => Uint8Array]>([
    ['self-issued', 'root', () => draft()],
    ['self-issued', 'root', () => root().der],
    ['CA', 'issuing', () => server()],
    ['CA', 'issuing', () => root().der],
    ['key usage', 'issuing', () => server()],
    ['where the CRL is', 'issuing', () => issuing({ crlUrl: undefined })],
    ['where the issuer is', 'issuing', () => issuing({ issuerUrl: 'ldap://a' })],
    ['subject complete', 'issuing', () => issuing({ subject: [] })],
    ['extended key usage', 'client', () => issuing()],
    ['no CA', 'server', () => issuing()],
    ['alternative name', 'server', () => server({ dnsNames: [], ipAddresses: [] })],
    ['the extensions of the profile', 'audit', () => server()],
    ['extended key usage', 'audit', () => server()],
    ['subject within its bounds', 'audit', () => audit({ subject: [{ type: oids.commonName, value: '' }] })],
  ])('break the rule %s of %s where they are of another kind or form', (rule, kind, give) => {
    const rules = lintCertificate(kind, give(), issuer.facts).map((finding) => finding.rule)
    expect(rules.includes(rule) || rules.includes('readable')).toBe(true)
  })

  test('a root does not last longer than it may, nor a CA longer than its issuer', () => {
    const times = { notBefore: Date.UTC(2030, 0, 2), notAfter: Date.UTC(2030, 0, 1) }
    expect(() => root(times)).toThrow(expect.objectContaining({ code: 'profile_violation' }))
    const later = issuing({ notAfter: issuer.facts.notAfter + 1000 })
    expect(lintCertificate('issuing', later, issuer.facts)).toMatchObject([{ clause: 'RFC 5280, 6.1.3' }])
  })
})

test('a TBSCertificate that is not sound is refused with the reason in the detail alone', () => {
  const unsound = draft({ serialNumber: '00' })
  expect(() => new SoundTbsCertificate('client', unsound, issuer.facts)).toThrow(
    expect.objectContaining({
      code: 'profile_violation',
      message: expect.not.stringContaining('serial'),
      detail: expect.stringContaining('RFC 5280, 4.1.2.2'),
    }),
  )
})
