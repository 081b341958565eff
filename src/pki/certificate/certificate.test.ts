import { createPublicKey, verify, X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { x509 } from '../../../test/support/peculiar-x509.ts'
import {
  issueClientCertificate,
  makeAuthority,
  makeKey,
  type TestIssuer,
  type TestKey,
} from '../../../test/support/test-authority.ts'
import { openToolFolder } from '../../../test/support/tool-folder.ts'
import { toHex } from '../der/fingerprint.ts'
import { oids } from '../der/oids.ts'
import { parseCertificate } from './certificate.ts'

let issuer: TestIssuer
let key: TestKey
beforeAll(async () => {
  issuer = (await makeAuthority()).issuing
  key = await makeKey()
})

/** Text that a subject may contain; `checkSubject` rejects other text. */
const text = (most: number) =>
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: most })
    .filter((value) => value.trim() === value && /^[^\p{C}\p{Z}]|^\S/u.test(value))
/** `@peculiar/x509` reads a value that begins with # as hexadecimal. */
const plainText = (most: number) => text(most).filter((value) => !value.startsWith('#'))
const plans = fc.record({
  serialNumber: fc
    .uint8Array({ minLength: 8, maxLength: 19 })
    .map((octets) => toHex(Uint8Array.of(1 + (octets[0] as number) / 2, ...octets))),
  subject: fc.record({
    country: fc.constantFrom('DE', 'JP', 'PL'),
    state: fc.oneof(fc.constant(''), text(30)),
    organizationName: text(40),
    commonName: text(20),
  }),
  notBefore: fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2049, 0, 1) }),
  notAfter: fc.integer({ min: Date.UTC(2049, 0, 2), max: Date.UTC(2120, 0, 1) }),
  uri: fc.webUrl({ withFragments: false, withQueryParameters: false }),
})

test('Postern, @peculiar/x509 and Node read a certificate of Postern alike', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const der = issueClientCertificate(issuer, key, plan)
      const ours = parseCertificate(der)
      const theirs = new x509.X509Certificate(new Uint8Array(der))
      const nodes = new X509Certificate(der)
      expect(ours.serialNumber).toBe(theirs.serialNumber)
      expect(ours.serialNumber).toBe(nodes.serialNumber.toLowerCase())
      expect([ours.notBefore, ours.notAfter]).toEqual([
        Date.parse(nodes.validFrom),
        Date.parse(nodes.validTo),
      ])
      expect([ours.notBefore, ours.notAfter]).toEqual([theirs.notBefore.getTime(), theirs.notAfter.getTime()])
      const { country, state, organizationName, commonName } = plan.subject
      const values = [country, ...(state ? [state] : []), organizationName, commonName]
      expect(ours.subject.map(({ value }) => value)).toEqual(values)
      expect(theirs.subjectName.toJSON().flatMap((rdn) => Object.values(rdn).flat())).toEqual(values)
      expect(ours.subjectAltNames).toEqual([{ type: 'uri', value: plan.uri }])
      expect(theirs.getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON()).toEqual([
        { type: 'url', value: plan.uri },
      ])
      expect(ours).toMatchObject({
        version: 3,
        keyUsage: ['digitalSignature'],
        extendedKeyUsage: ['clientAuth'],
        basicConstraints: { ca: false },
        isSelfIssued: false,
        unknownCriticalExtensions: [],
        crlDistributionPoints: ['http://127.0.0.1:8080/issuing.crl'],
        caIssuers: ['http://127.0.0.1:8080/issuing.cer'],
        ocspResponders: ['http://127.0.0.1:8080/ocsp/issuing'],
      })
      expect(toHex(ours.spki)).toBe(toHex(new Uint8Array(theirs.publicKey.rawData)))
      expect(nodes.publicKey.export({ type: 'spki', format: 'der' }).equals(ours.spki)).toBe(true)
    }),
    { numRuns: 150 },
  )
})

test('Postern reads a certificate of @peculiar/x509 correctly', async () => {
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  await fc.assert(
    fc.asyncProperty(
      plainText(30),
      plainText(60),
      fc.bigInt(1n, 2n ** 150n),
      async (commonName, organization, serial) => {
        const theirs = await x509.X509CertificateGenerator.createSelfSigned({
          serialNumber: serial.toString(16).padStart(40, '0'),
          name: [{ CN: [commonName] }, { O: [organization], OU: ['a', 'b'] }],
          notBefore: new Date('2020-01-01'),
          notAfter: new Date('2051-01-01'),
          keys,
          extensions: [
            new x509.BasicConstraintsExtension(true, 2, true),
            new x509.KeyUsagesExtension(
              x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.decipherOnly,
              true,
            ),
            new x509.SubjectAlternativeNameExtension([
              { type: 'dns', value: 'a.example' },
              { type: 'ip', value: '192.0.2.7' },
              { type: 'email', value: 'a@b.example' },
            ]),
          ],
        })
        const ours = parseCertificate(new Uint8Array(theirs.rawData))
        expect(BigInt(`0x${ours.serialNumber}`)).toBe(serial)
        expect(ours.subject.map(({ value }) => value).toSorted()).toEqual(
          [commonName, organization, 'a', 'b'].toSorted(),
        )
        expect(ours).toMatchObject({
          isSelfIssued: true,
          notAfter: Date.UTC(2051, 0, 1),
          basicConstraints: { ca: true, pathLength: 2 },
          keyUsage: ['keyCertSign', 'decipherOnly'],
          subjectAltNames: [
            { type: 'dns', value: 'a.example' },
            { type: 'ip', value: '192.0.2.7' },
            { type: 'email', value: 'a@b.example' },
          ],
        })
      },
    ),
    { numRuns: 40 },
  )
})

test('Postern reads a certificate of OpenSSL with all extensions', () => {
  using folder = openToolFolder()
  const names =
    'DNS:*.a.example,IP:192.0.2.1,IP:::ffff:1.2.3.4,email:a@example.org,URI:https://a.example/,RID:1.2.3.4,otherName:1.2.3.4;UTF8:x,dirName:dn'
  folder.write(
    'x.cnf',
    `[req]\ndistinguished_name=n\nprompt=no\nstring_mask=default\n[n]\nC=DE\n1.OU=a\n2.OU=b+c\nCN=Zoë\n[dn]\nO=Acme\n[e]
subjectAltName=${names}\nbasicConstraints=CA:TRUE,pathlen:0\nkeyUsage=critical,digitalSignature,nonRepudiation,keyAgreement
extendedKeyUsage=critical,clientAuth,1.2.3.4\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always
crlDistributionPoints=URI:http://a.example/1.crl,URI:ldap://a.example/2\nauthorityInfoAccess=OCSP;URI:http://ocsp.example,caIssuers;URI:http://a.example/ca
certificatePolicies=critical,1.2.3.4\nnameConstraints=critical,permitted;DNS:a.example\n2.25.329800735698586629295641978511506172918=DER:0500\n`,
  )
  folder.run(
    'openssl req -x509 -utf8 -newkey rsa:2048 -nodes -keyout k.pem -config x.cnf -extensions e -outform DER -out x.der -days 3',
  )
  const {
    tbs,
    spki,
    signature,
    issuerDer,
    subjectDer,
    subjectKeyIdentifier,
    authorityKeyIdentifier,
    ...rest
  } = parseCertificate(folder.read('x.der'))
  expect(authorityKeyIdentifier).toEqual(subjectKeyIdentifier)
  expect(signature).toHaveLength(256)
  expect(issuerDer).toEqual(subjectDer)
  expect(rest.subject.map(({ value }) => value)).toEqual(['DE', 'a', 'b+c', 'Zoë'])
  expect(rest.notAfter - rest.notBefore).toBe(3 * 86_400_000)
  expect(rest).toMatchObject({
    isSelfIssued: true,
    signatureAlgorithmOid: '1.2.840.113549.1.1.11',
    basicConstraints: { ca: true, pathLength: 0 },
    keyUsage: ['digitalSignature', 'nonRepudiation', 'keyAgreement'],
    extendedKeyUsage: ['clientAuth', '1.2.3.4'],
    crlDistributionPoints: ['http://a.example/1.crl', 'ldap://a.example/2'],
    caIssuers: ['http://a.example/ca'],
    ocspResponders: ['http://ocsp.example'],
    unknownCriticalExtensions: [oids.certificatePolicies, oids.nameConstraints],
  })
  expect(rest.subjectAltNames.map(({ type, value }) => `${type} ${value}`)).toEqual([
    'dns *.a.example',
    'ip 192.0.2.1',
    'ip ::ffff:102:304',
    'email a@example.org',
    'uri https://a.example/',
    'other oid:1.2.3.4',
    'other a00a06032a0304a0030c0178',
    'other name:O=Acme',
  ])
  expect(
    verify(
      'sha256',
      tbs,
      createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }),
      signature,
    ),
  ).toBe(true)
})
