import { execFileSync, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseCertificate } from '../../pki/certificate/certificate.ts'
import { toPem } from '../../pki/text/pem.ts'
import { toNameCertificate } from './name-certificate.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-names-'))
const path = (name: string) => join(folder, name)
const openssl = (...args: string[]) =>
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' }).toString()
const name = '/C=PL/O=Łódź Płatności S.A./CN=Issuing'
let issuer: X509Certificate

beforeAll(() => {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-utf8']
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', name)
  issuer = new X509Certificate(openssl('x509', '-in', 'ca.pem'))
  for (const [leaf, extension] of [
    ['named', 'authorityKeyIdentifier=keyid'],
    ['plain', 'authorityKeyIdentifier=none'],
  ] as const) {
    openssl('req', '-new', ...key, '-keyout', `${leaf}.key`, '-out', `${leaf}.csr`, '-subj', '/CN=leaf')
    writeFileSync(path('leaf.ext'), extension)
    const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-extfile', 'leaf.ext', '-out', `${leaf}.pem`]
    openssl('x509', '-req', '-in', `${leaf}.csr`, ...signing)
  }
  const { subjectDer } = parseCertificate(new Uint8Array(issuer.raw))
  writeFileSync(path('name.pem'), toPem('CERTIFICATE', toNameCertificate(subjectDer)))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the placeholder certificate has the name of the CA and a serial number, as OpenSSL reads it', () => {
  const read = new X509Certificate(openssl('x509', '-in', 'name.pem'))
  expect(read.subject).toBe(issuer.subject)
  expect(read.ca).toBe(false)
})

test.each(['named', 'plain'])(
  'the placeholder certificate is not an issuer for that CA (%s), so nothing is verified',
  (leaf) => {
    const verify = (ca: string) =>
      spawnSync('openssl', ['verify', '-partial_chain', '-CAfile', ca, `${leaf}.pem`], { cwd: folder })
    expect(verify('ca.pem').status).toBe(0)
    const { status, stderr } = verify('name.pem')
    expect(status).not.toBe(0)
    // 20: no issuer was found; a failed signature verification would be 7.
    expect(stderr.toString()).toContain('error 20')
  },
)
