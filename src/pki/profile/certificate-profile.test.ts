import { expect, test } from 'vitest'
import {
  issueClientCertificate,
  makeAuthority,
  makeKey,
  randomSerialNumber,
  type TestIssuer,
} from '../../../test/support/test-authority.ts'
import { openToolFolder, type ToolFolder } from '../../../test/support/tool-folder.ts'
import { oids } from '../der/oids.ts'
import { draftRevocationList } from '../status/revocation-list.ts'
import { toPem } from '../text/pem.ts'
import { draftServerCertificate, type SignatureAlgorithm } from './certificate-profile.ts'

const names = [
  'Łódź Płatności S.A.',
  "O'Neil & Co / Ltd",
  '"Quoted" GmbH',
  '100% $HOME',
  '日本株式会社',
  'Back\\slash, + = ; # <b>',
  'x'.repeat(64),
]
const algorithms: SignatureAlgorithm[] = [
  'ecdsa-with-SHA256',
  'ecdsa-with-SHA384',
  'sha256WithRSAEncryption',
  'ed25519',
]

const writeCertificate = (folder: ToolFolder, name: string, der: Uint8Array) =>
  folder.write(name, toPem('CERTIFICATE', der))

function writeCrl(folder: ToolFolder, name: string, issuer: TestIssuer, revoked: string[] = []): string {
  const tbs = draftRevocationList({
    issuer: issuer.facts,
    number: 1,
    thisUpdate: Date.now() - 1000,
    nextUpdate: Date.now() + 86_400_000,
    entries: revoked.map((serialNumber) => ({ serialNumber, revokedAt: Date.now() - 5000 })),
  })
  return folder.write(name, toPem('X509 CRL', issuer.sign(tbs)))
}

function verifyWithOpenssl(folder: ToolFolder): string {
  const crls = '-crl_check_all -CRLfile root.crl -CRLfile issuing.crl'
  return folder.run(
    `openssl verify -x509_strict -check_ss_sig -purpose sslclient ${crls} -CAfile root.pem -untrusted issuing.pem leaf.pem`,
  )
}

async function writeChain(folder: ToolFolder, algorithm: SignatureAlgorithm, revoked: string[] = []) {
  const { root, issuing } = await makeAuthority(algorithm)
  const serialNumber = revoked[0] ?? randomSerialNumber()
  const leaf = issueClientCertificate(issuing, await makeKey(), { serialNumber })
  writeCertificate(folder, 'root.pem', root.der)
  writeCertificate(folder, 'issuing.pem', issuing.der)
  writeCertificate(folder, 'leaf.pem', leaf)
  folder.write('chain.pem', [leaf, issuing.der, root.der].map((der) => toPem('CERTIFICATE', der)).join(''))
  writeCrl(folder, 'root.crl', root)
  writeCrl(folder, 'issuing.crl', issuing, revoked)
}

test.each(algorithms)(
  'a chain signed with %s is accepted by OpenSSL (strict) and GnuTLS',
  async (algorithm) => {
    using folder = openToolFolder()
    await writeChain(folder, algorithm)
    expect(verifyWithOpenssl(folder)).toContain('leaf.pem: OK')
    expect(folder.run('certtool --verify-chain --infile chain.pem --load-crl issuing.crl')).toContain(
      'Chain verification output: Verified. The certificate is trusted.',
    )
  },
)

test.each(algorithms)(
  'a certificate in a CRL signed with %s is rejected by OpenSSL and GnuTLS',
  async (algorithm) => {
    using folder = openToolFolder()
    await writeChain(folder, algorithm, ['8f00000000000000aa'])
    expect(() => verifyWithOpenssl(folder)).toThrow('certificate revoked')
    const verify =
      'certtool --verify --load-ca-certificate chain.pem --load-crl issuing.crl --infile leaf.pem'
    expect(() => folder.run(verify)).toThrow('The certificate chain is revoked')
  },
)

test.each(names)('a certificate carries the organization name %s', async (organizationName) => {
  using folder = openToolFolder()
  const { issuing } = await makeAuthority()
  const subject = { organizationName, country: 'PL', state: 'Łódzkie', commonName: 'acme-0001' }
  writeCertificate(folder, 'leaf.pem', issueClientCertificate(issuing, await makeKey(), { subject }))
  const text = folder.run('openssl x509 -in leaf.pem -noout -subject -nameopt utf8,sep_multiline,sname')
  expect(text.split('\n').map((line) => line.trim())).toEqual([
    'subject=',
    'C=PL',
    'ST=Łódzkie',
    `O=${organizationName}`,
    'CN=acme-0001',
    '',
  ])
})

test('a client certificate has the content of the profile and nothing else', async () => {
  using folder = openToolFolder()
  const { issuing } = await makeAuthority()
  writeCertificate(folder, 'leaf.pem', issueClientCertificate(issuing, await makeKey()))
  const text = folder.run('openssl x509 -in leaf.pem -noout -text')
  const extensions = text.slice(text.indexOf('X509v3 extensions'), text.indexOf('    Signature Value'))
  const lines = extensions.replace(/(?:[0-9A-F]{2}:){19}[0-9A-F]{2}/g, '<key>').split('\n')
  expect(lines.map((line) => line.trim())).toMatchInlineSnapshot(`
    [
      "X509v3 extensions:",
      "X509v3 Authority Key Identifier:",
      "<key>",
      "X509v3 Subject Key Identifier:",
      "<key>",
      "X509v3 Key Usage: critical",
      "Digital Signature",
      "X509v3 Extended Key Usage:",
      "TLS Web Client Authentication",
      "X509v3 Basic Constraints: critical",
      "CA:FALSE",
      "X509v3 Subject Alternative Name:",
      "URI:urn:postern:production:acme:acme-0001",
      "X509v3 CRL Distribution Points:",
      "Full Name:",
      "URI:http://127.0.0.1:8080/issuing.crl",
      "Authority Information Access:",
      "OCSP - URI:http://127.0.0.1:8080/ocsp/issuing",
      "CA Issuers - URI:http://127.0.0.1:8080/issuing.cer",
      "Signature Algorithm: ecdsa-with-SHA256",
      "",
    ]
  `)
})

test('a server certificate is valid for its names, its addresses and nothing else', async () => {
  using folder = openToolFolder()
  const { root } = await makeAuthority()
  const key = await makeKey()
  const tbs = draftServerCertificate({
    ...key,
    serialNumber: randomSerialNumber(),
    issuer: root.facts,
    subject: [{ type: oids.commonName, value: 'localhost' }],
    dnsNames: ['localhost', 'gateway.example'],
    ipAddresses: ['127.0.0.1', '::1'],
    notBefore: Date.now() - 1000,
    notAfter: Date.now() + 86_400_000,
  })
  writeCertificate(folder, 'root.pem', root.der)
  writeCertificate(folder, 'leaf.pem', root.sign(tbs))
  const verify = (options: string) =>
    folder.run(`openssl verify -x509_strict -CAfile root.pem ${options} leaf.pem`)
  expect(verify('-purpose sslserver -verify_hostname gateway.example')).toContain('OK')
  expect(verify('-purpose sslserver -verify_ip 127.0.0.1')).toContain('OK')
  expect(verify('-purpose sslserver -verify_ip ::1')).toContain('OK')
  expect(() => verify('-purpose sslserver -verify_hostname other.example')).toThrow('hostname mismatch')
  expect(() => verify('-purpose sslclient')).toThrow('purpose')
})

test('a server certificate with an invalid address is rejected before it is signed', async () => {
  const { root } = await makeAuthority()
  const plan = {
    ...(await makeKey()),
    serialNumber: '4a',
    issuer: root.facts,
    subject: [],
    notBefore: 0,
    notAfter: 0,
  }
  expect(() => draftServerCertificate({ ...plan, dnsNames: [], ipAddresses: ['localhost'] })).toThrow(
    expect.objectContaining({ code: 'profile_violation' }),
  )
})

test('dates through 2049 and after have the types of RFC 5280, and the last second is valid', async () => {
  using folder = openToolFolder()
  const { issuing } = await makeAuthority()
  const changes = { notBefore: Date.UTC(2049, 11, 31, 23, 59, 59, 999), notAfter: Date.UTC(2050, 0, 1) }
  writeCertificate(folder, 'leaf.pem', issueClientCertificate(issuing, await makeKey(), changes))
  const parsed = folder.run('openssl asn1parse -in leaf.pem')
  expect(parsed).toMatch(/UTCTIME +:491231235959Z/)
  expect(parsed).toMatch(/GENERALIZEDTIME +:20500101000000Z/)
})

test.each(['', 'xyz', '0x7f'])(
  'a serial number such as %j is rejected before anything is signed',
  async (serialNumber) => {
    const { issuing } = await makeAuthority()
    const key = await makeKey()
    expect(() => issueClientCertificate(issuing, key, { serialNumber })).toThrow(
      expect.objectContaining({ code: 'profile_violation' }),
    )
  },
)
