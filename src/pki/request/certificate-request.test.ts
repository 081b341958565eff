import fc from 'fast-check'
import { expect, test } from 'vitest'
import { x509 } from '../../../test/support/peculiar-x509.ts'
import { openToolFolder } from '../../../test/support/tool-folder.ts'
import { oids } from '../der/oids.ts'
import { parseCertificateRequest } from './certificate-request.ts'
import { checkCertificateRequest } from './check-request.ts'

test('a parsed CSR shows what it requests', () => {
  using folder = openToolFolder()
  folder.run('openssl genpkey -out key.pem -algorithm EC -pkeyopt ec_paramgen_curve:P-256')
  const san =
    'subjectAltName=DNS:api.example,IP:192.0.2.1,IP:2001:db8::1,email:a@example.org,URI:urn:x,dirName:dn'
  folder.write(
    'request.cnf',
    `[req]\ndistinguished_name=n\nreq_extensions=e\nprompt=no\n[n]\nCN=acme-0001\n[dn]\nO=Acme\n[e]\n${san}\nbasicConstraints=critical,CA:TRUE,pathlen:1\nkeyUsage=keyCertSign,cRLSign,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth,codeSigning,anyExtendedKeyUsage\n1.3.6.1.5.5.7.1.24=DER:3003020105\n`,
  )
  folder.run('openssl req -new -config request.cnf -key key.pem -out request.csr')
  const request = parseCertificateRequest(folder.read('request.csr'))
  expect(request.requestedNames).toEqual([
    'dns:api.example',
    'ip:192.0.2.1',
    'ip:2001:db8::1',
    'email:a@example.org',
    'uri:urn:x',
    'other:name:O=Acme',
  ])
  expect(request.requestedExtensions.map(({ name, critical }) => [name, critical])).toEqual([
    ['subjectAltName', false],
    ['basicConstraints', true],
    ['keyUsage', false],
    ['extendedKeyUsage', false],
    ['tlsFeature', false],
  ])
  expect(request.asksForPower).toEqual([
    'to be a CA',
    'to sign certificates',
    'to sign revocation lists',
    'to be a TLS server',
    'to sign programs',
    'to be used for any purpose',
  ])
})

test('a CSR of WebCrypto and @peculiar/x509, as a browser would create it, is accepted', async () => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  // The library reads a value that begins with # as hexadecimal, and a backslash as an escape.
  const text = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .filter((value) => !value.startsWith('#') && !value.includes('\\'))
  await fc.assert(
    fc.asyncProperty(text, text, fc.domain(), async (organization, commonName, domain) => {
      const made = await x509.Pkcs10CertificateRequestGenerator.create({
        name: [{ C: ['PL'] }, { O: [organization] }, { CN: [commonName] }],
        keys,
        signingAlgorithm: algorithm,
        extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: domain }])],
      })
      const request = await checkCertificateRequest(made.toString('pem'), ['ec-p256'])
      expect(request.subject).toEqual([
        { type: oids.countryName, value: 'PL' },
        { type: oids.organizationName, value: organization },
        { type: oids.commonName, value: commonName },
      ])
      expect(request.requestedNames).toEqual([`dns:${domain}`])
      expect([...request.publicKey.spki]).toEqual([...new Uint8Array(made.publicKey.rawData)])
    }),
    { numRuns: 40 },
  )
})
