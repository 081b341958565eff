import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseCertificate } from './certificate.ts'
import { findQualifiedDetails } from './qualified-details.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-qualified-'))
  const key = ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'key.pem']
  execFileSync('openssl', key, { cwd: folder, stdio: 'pipe' })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const subject = '/C=PL/O=Łódź Płatności S.A./organizationIdentifier=PSDPL-PFSA-1234567890/CN=qwac'

/** Lets OpenSSL make a certificate with these lines among its extensions, and sections after them. */
function make(extensions: readonly string[]) {
  const head = ['[req]', 'distinguished_name=name', 'x509_extensions=given', 'utf8=yes', '[name]', '[given]']
  const usual = ['basicConstraints=critical,CA:FALSE', 'extendedKeyUsage=clientAuth,serverAuth']
  writeFileSync(join(folder, 'request.cnf'), [...head, ...usual, ...extensions, ''].join('\n'))
  const args = [
    'req',
    '-x509',
    '-new',
    '-utf8',
    '-key',
    'key.pem',
    '-config',
    'request.cnf',
    '-subj',
    subject,
  ]
  const der = execFileSync('openssl', [...args, '-days', '30', '-outform', 'DER'], {
    cwd: folder,
    stdio: 'pipe',
  })
  return findQualifiedDetails(parseCertificate(new Uint8Array(der)))
}

const qwac = (authorityId: string) => [
  '1.3.6.1.5.5.7.1.3=ASN1:SEQUENCE:statements',
  '[statements]',
  ...['one=SEQUENCE:compliance', 'two=SEQUENCE:type', 'three=SEQUENCE:psd2', 'four=SEQUENCE:retention'],
  ...['[compliance]', 'id=OID:0.4.0.1862.1.1'],
  ...['[type]', 'id=OID:0.4.0.1862.1.6', 'info=SEQUENCE:types', '[types]', 'one=OID:0.4.0.1862.1.6.3'],
  ...['[retention]', 'id=OID:0.4.0.1862.1.3', 'years=INTEGER:10'],
  ...['[psd2]', 'id=OID:0.4.0.19495.2', 'info=SEQUENCE:info'],
  ...['[info]', 'roles=SEQUENCE:roles', 'name=FORMAT:UTF8,UTF8:Komisja Nadzoru Łódź', authorityId],
  ...['[roles]', 'one=SEQUENCE:payments', 'two=SEQUENCE:accounts', 'three=SEQUENCE:other'],
  ...['[payments]', 'id=OID:0.4.0.19495.1.2', 'name=UTF8:PSP_PI'],
  // The identifier decides, and not the name beside it.
  ...['[accounts]', 'id=OID:0.4.0.19495.1.3', 'name=UTF8:PSP_AS'],
  ...['[other]', 'id=OID:0.4.0.19495.1.9', 'name=UTF8:PSP_XX'],
]

test('the facts of a QWAC that OpenSSL has made are read', () => {
  expect(make(qwac('id=UTF8:PL-PFSA'))).toEqual({
    isQualified: true,
    types: ['web'],
    organizationIdentifier: 'PSDPL-PFSA-1234567890',
    psd2: {
      roles: ['PSP_PI', 'PSP_AI', 'PSP_XX (0.4.0.19495.1.9)'],
      authorityName: 'Komisja Nadzoru Łódź',
      authorityId: 'PL-PFSA',
    },
  })
})

test('a certificate without statements has none', () => {
  expect(make([])).toBeUndefined()
})

test.each([
  ['another type of text', qwac('id=PRINTABLESTRING:PL-PFSA')],
  ['a text without a character', qwac('id=UTF8:')],
  ['a text of more than 256 characters', qwac(`id=UTF8:${'x'.repeat(257)}`)],
  ['no identifier of the authority', qwac('').filter((line) => line !== '')],
  ['something else than a list', ['1.3.6.1.5.5.7.1.3=ASN1:INTEGER:1']],
  ['bytes that are not DER', ['1.3.6.1.5.5.7.1.3=DER:30:05:01']],
])('statements with %s are unreadable', (_what, extensions) => {
  expect(make(extensions)).toBe('unreadable')
})
