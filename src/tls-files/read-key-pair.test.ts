import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { type KeyPairUse, readKeyPair } from './read-key-pair.ts'
import { readTrustedCertificates } from './read-trusted-certificates.ts'

const reports = join(import.meta.dirname, '../../test/reports/tls')
const folder = mkdtempSync(join(tmpdir(), 'postern-tls-files-'))
const at = (name: string) => join(folder, name)
const openssl = (...given: string[]) => void execFileSync('openssl', given, { cwd: folder, stdio: 'pipe' })
const concat = (to: string, ...from: string[]) =>
  writeFileSync(at(to), from.map((name) => readFileSync(at(name), 'utf8')).join(''))

const server: KeyPairUse = {
  side: 'server',
  hosts: [{ setting: 'environments.production.host', host: 'api.example' }],
}
const read = (certificate: string, key: string, use: KeyPairUse = server, now = Date.now()) =>
  readKeyPair({ setting: 'gateway', certificateFile: at(certificate), keyFile: at(key) }, use, now)

const san = 'subjectAltName=DNS:api.example,DNS:*.api.example,IP:192.0.2.1,IP:2001:db8::1'

/** Returns a self-signed certificate with its key, as a one-line command creates them. */
function selfSigned(name: string, key: string[], ...more: string[]): void {
  openssl(
    ...['req', '-x509', '-nodes', '-subj', '/CN=api.example', '-days', '30'],
    ...['-keyout', `${name}.key`, '-out', `${name}.pem`],
    ...['-newkey', ...key],
    ...(more.includes('-addext') ? [] : ['-addext', san]),
    ...more,
  )
}

const ec = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']

beforeAll(() => {
  selfSigned('good', ec)
  selfSigned('other', ec)
  selfSigned('ca', ec, '-addext', 'keyUsage=critical,keyCertSign,cRLSign')
  selfSigned('nameless', ec, '-addext', 'basicConstraints=CA:FALSE')
  selfSigned('root', ec, '-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-subj', '/CN=Root')
  selfSigned('small', ['rsa:1024'])
  selfSigned('koblitz', ['ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'])
  selfSigned('sha1', ['rsa:2048'], '-sha1')
  selfSigned('client', ec, '-addext', san, '-addext', 'extendedKeyUsage=clientAuth')
  selfSigned('edwards', ['ed25519'])
  selfSigned('goldilocks', ['ed448'], '-addext', san)
  openssl(
    'req',
    '-new',
    ...['-newkey', ...ec],
    '-nodes',
    '-keyout',
    'leaf.key',
    '-out',
    'leaf.csr',
    '-subj',
    '/CN=x',
    '-addext',
    san,
  )
  openssl(
    'x509',
    '-req',
    '-in',
    'leaf.csr',
    '-CA',
    'root.pem',
    '-CAkey',
    'root.key',
    '-days',
    '30',
    '-copy_extensions',
    'copyall',
    '-out',
    'leaf.pem',
  )
  concat('chain.pem', 'leaf.pem', 'root.pem')
  concat('issuer-first.pem', 'root.pem', 'leaf.pem')
  concat('wrong-chain.pem', 'leaf.pem', 'other.pem')
  concat('both.pem', 'good.key', 'good.pem')
  openssl('x509', '-in', 'good.pem', '-outform', 'der', '-out', 'der.pem')
  openssl('pkey', '-in', 'good.key', '-outform', 'der', '-out', 'der.key')
  openssl(
    'pkcs12',
    '-export',
    '-in',
    'good.pem',
    '-inkey',
    'good.key',
    '-passout',
    'pass:x',
    '-out',
    'p12.pem',
  )
  openssl('pkey', '-in', 'good.key', '-aes128', '-passout', 'pass:x', '-out', 'encrypted.key')
  openssl('ec', '-in', 'good.key', '-aes128', '-passout', 'pass:x', '-out', 'encrypted-old.key')
  openssl('pkey', '-in', 'good.key', '-pubout', '-out', 'public.key')
  openssl('ecparam', '-genkey', '-name', 'prime256v1', '-out', 'any.key')
  openssl('x509', '-in', 'good.pem', '-trustout', '-out', 'trusted.pem')
  writeFileSync(at('empty.pem'), '')
  writeFileSync(at('text.pem'), 'Not a certificate.\n')
  writeFileSync(at('half.pem'), readFileSync(at('good.pem'), 'utf8').slice(0, 300))
  writeFileSync(at('half.key'), readFileSync(at('good.key'), 'utf8').slice(0, 100))
  writeFileSync(at('half-chain.pem'), readFileSync(at('chain.pem'), 'utf8').slice(0, -40))
  const good = readFileSync(at('good.pem'), 'utf8')
  writeFileSync(at('damaged.pem'), good.replace('\nMII', '\nAAA'))
  writeFileSync(at('no-base64.pem'), good + good.replace('\nMII', '\n%II'))
  writeFileSync(
    at('utf16.pem'),
    Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(readFileSync(at('good.pem'), 'utf8'), 'utf16le')]),
  )
  writeFileSync(at('crlf.pem'), `\ufeff${readFileSync(at('good.pem'), 'utf8').replaceAll('\n', '\r\n')}`)
  mkdirSync(at('folder'))
  for (const name of ['rsa-certificate.pem', 'certificate.der']) copyFileSync(join(reports, name), at(name))
}, 60_000)

test.each([
  ['rsa-certificate.pem', 'any.key', 'do not belong together'],
  ['certificate.der', 'any.key', 'is a certificate in DER, and PEM is needed'],
  ['good.pem', 'other.key', 'do not belong together'],
  ['der.pem', 'good.key', 'openssl x509 -inform der'],
  ['p12.pem', 'good.key', 'is a PKCS#12 file'],
  ['empty.pem', 'good.key', 'is empty'],
  ['text.pem', 'good.key', 'has no certificate in PEM'],
  ['missing.pem', 'good.key', 'does not exist'],
  ['folder', 'good.key', 'is a directory'],
  ['half.pem', 'good.key', 'is cut off, or still being written'],
  ['half-chain.pem', 'leaf.key', 'is cut off, or still being written'],
  ['damaged.pem', 'good.key', 'has a certificate (number 1) that cannot be read'],
  ['no-base64.pem', 'good.key', 'has a certificate that is no base64'],
  ['utf16.pem', 'good.key', 'is text in UTF-16'],
  ['trusted.pem', 'good.key', 'in the form of OpenSSL for trusted certificates'],
  ['good.key', 'good.key', 'has a private key and no certificate'],
  ['leaf.csr', 'leaf.key', 'is a CSR and no certificate'],
  ['issuer-first.pem', 'leaf.key', 'as number 2'],
  ['wrong-chain.pem', 'leaf.key', 'number 2 has not issued number 1'],
  ['small.pem', 'small.key', 'an RSA key of 1024 bits'],
  ['koblitz.pem', 'koblitz.key', 'a key on secp256k1'],
  ['sha1.pem', 'sha1.key', 'signed with sha1WithRSAEncryption'],
  ['nameless.pem', 'nameless.key', 'without a subjectAltName'],
  ['ca.pem', 'ca.key', 'a certificate of a CA whose key may not sign handshakes'],
  ['client.pem', 'client.key', 'is not for a TLS server'],
  ['goldilocks.pem', 'goldilocks.key', 'a key of the kind ed448'],
])('the certificate %s with the key %s is rejected: %s', (certificate, key, sentence) => {
  expect(() => read(certificate, key)).toThrow(sentence)
  expect(() => read(certificate, key)).toThrow('gateway.certificate: ')
  expect(() => read(certificate, key)).toThrow(at(certificate))
})

test.each([
  ['der.key', 'is a private key in DER'],
  ['encrypted.key', 'is encrypted, and Postern asks for no passphrase'],
  ['encrypted-old.key', 'is encrypted, and Postern asks for no passphrase'],
  ['public.key', 'has a public key and no private key'],
  ['good.pem', 'has a certificate and no private key'],
  ['half.key', 'is cut off, or still being written'],
  ['empty.pem', 'is empty'],
  ['missing.key', 'does not exist'],
  ['folder', 'is a directory'],
  ['text.pem', 'has no private key in PEM'],
])('the key %s is rejected: %s', (key, sentence) => {
  expect(() => read('good.pem', key)).toThrow(sentence)
  expect(() => read('good.pem', key)).toThrow(`gateway.key: ${at(key)}`)
})

test.each([
  ['good.pem', 'good.key', 1],
  ['crlf.pem', 'good.key', 1],
  ['both.pem', 'both.pem', 1],
  ['chain.pem', 'leaf.key', 2],
  ['edwards.pem', 'edwards.key', 1],
])('the certificate %s with the key %s is accepted', (certificate, key, length) => {
  expect(read(certificate, key).cert.match(/BEGIN CERTIFICATE/g)).toHaveLength(length)
})

test('a certificate has to be valid now', () => {
  const day = 86_400_000
  expect(() => read('good.pem', 'good.key', server, Date.now() - day)).toThrow('is not valid before')
  expect(() => read('good.pem', 'good.key', server, Date.now() + 31 * day)).toThrow('expired on')
})

test.each([
  ['api.example', true],
  ['x.api.example', true],
  ['x.y.api.example', false],
  ['example', false],
  ['192.0.2.1', true],
  ['192.0.2.2', false],
  ['2001:db8::1', true],
])('the name %s is in the certificate: %s', (host, isIn) => {
  const attempt = () =>
    read('good.pem', 'good.key', { side: 'server', hosts: [{ setting: 'environments.p.host', host }] })
  if (isIn) attempt()
  else expect(attempt).toThrow(`and not for ${host} (environments.p.host)`)
})

test('a client certificate needs neither a name nor the purpose of a server', () => {
  read('client.pem', 'client.key', { side: 'client' })
  read('nameless.pem', 'nameless.key', { side: 'client' })
})

test.each([
  ['leaf.pem', 'is not one of a CA'],
  ['empty.pem', 'is empty'],
  ['der.pem', 'is a certificate in DER'],
  ['good.key', 'has a private key and no certificate'],
  ['half-chain.pem', 'is cut off'],
  ['missing.pem', 'does not exist'],
])('%s is rejected as a CA file: %s', (name, sentence) => {
  const file = { setting: 'mail.smtp.ca', path: at(name) }
  expect(() => readTrustedCertificates(file, Date.now())).toThrow(sentence)
  expect(() => readTrustedCertificates(file, Date.now())).toThrow(`mail.smtp.ca: ${at(name)}`)
})

test('a CA file needs at least one valid certificate', () => {
  const file = { setting: 'mail.smtp.ca', path: at('root.pem') }
  expect(readTrustedCertificates(file, Date.now())).toContain('BEGIN CERTIFICATE')
  expect(() => readTrustedCertificates(file, Date.now() + 31 * 86_400_000)).toThrow(
    'has no certificate that is valid',
  )
})
