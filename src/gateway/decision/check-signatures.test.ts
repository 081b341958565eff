import { execFileSync } from 'node:child_process'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeAuthority } from '../../../test/support/test-authority.ts'
import { parseCertificate } from '../../pki/certificate/certificate.ts'
import { createSignatureCheck, isSignedBy } from './check-signatures.ts'

test('at most sixteen signatures are verified for one certificate, and further ones are invalid', async () => {
  const { root, issuing } = await makeAuthority()
  const [certificate, { spki }] = [parseCertificate(issuing.der), parseCertificate(root.der)]
  const check = createSignatureCheck([])
  const answers = Array.from({ length: 20 }, () => check(certificate, spki))
  expect(answers.filter(Boolean)).toHaveLength(16)
  expect(answers.slice(16)).toEqual([false, false, false, false])
  expect(isSignedBy(certificate, spki)).toBe(true)
})

test('at most 64 signatures are verified with the keys of trusted issuers', async () => {
  const { root, issuing } = await makeAuthority()
  const [certificate, trusted] = [parseCertificate(issuing.der), parseCertificate(root.der)]
  const check = createSignatureCheck([trusted])
  const answers = Array.from({ length: 70 }, () => check(certificate, trusted.spki))
  expect(answers.filter(Boolean)).toHaveLength(64)
})

/** Creates a self-signed certificate of an RSA key with this public exponent. */
function makeSelfSigned(exponent: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'postern-rsa-'))
  try {
    const key = ['-newkey', 'rsa:2048', '-pkeyopt', `rsa_keygen_pubexp:${exponent}`, '-nodes']
    const files = ['-keyout', join(folder, 'a.key'), '-out', join(folder, 'a.pem')]
    execFileSync('openssl', ['req', '-x509', ...key, ...files, '-subj', '/CN=a'], { stdio: 'ignore' })
    return new Uint8Array(new X509Certificate(readFileSync(join(folder, 'a.pem'))).raw)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test.each([
  ['65537', true],
  ['4294967311', false],
])('an RSA signature by a key with the exponent %s is valid: %s', (exponent, counts) => {
  const certificate = parseCertificate(makeSelfSigned(exponent))
  const key = createPublicKey({ key: Buffer.from(certificate.spki), format: 'der', type: 'spki' })
  expect(new X509Certificate(certificate.der).verify(key)).toBe(true)
  expect(isSignedBy(certificate, certificate.spki)).toBe(counts)
})
