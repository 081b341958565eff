import { execFileSync } from 'node:child_process'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { subjectName } from '../name/subject.ts'
import { toPem } from '../text/pem.ts'
import { checkCertificateRequest } from './check-request.ts'
import { canCreateKey, createKeyAndRequest, type NewKeyKind } from './create-key-and-request.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-request-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const nameOf = (organizationName: string) =>
  subjectName({ organizationName, country: 'PL', state: "Łódź's", commonName: 'acme-0001' })

/** Returns what OpenSSL reads in a CSR, after it has verified the signature. */
function readWithOpenssl(request: Uint8Array): string {
  const file = join(folder, 'own.csr')
  writeFileSync(file, toPem('CERTIFICATE REQUEST', request))
  const options = ['-noout', '-verify', '-text', '-nameopt', 'sep_multiline,space_eq,lname,utf8']
  return execFileSync('openssl', ['req', '-in', file, ...options], { stdio: 'pipe' }).toString()
}

describe('a key and CSR made with WebCrypto', () => {
  test.each<[NewKeyKind, string, string]>([
    ['ec-p256', 'EC P-256', 'ecdsa-with-SHA256'],
    ['ec-p384', 'EC P-384', 'ecdsa-with-SHA384'],
    ['rsa-2048', 'RSA 2048', 'sha256WithRSAEncryption'],
    ['rsa-3072', 'RSA 3072', 'sha256WithRSAEncryption'],
    ['ed25519', 'Ed25519', 'ED25519'],
  ])('are accepted by the checks of a CSR and by OpenSSL for %s', async (kind, label, algorithm) => {
    expect(await canCreateKey(kind)).toBe(true)
    const { pkcs8, request } = await createKeyAndRequest(kind, nameOf('Acme'))
    const checked = await checkCertificateRequest(request, [kind])
    expect(checked.publicKey.label).toBe(label)
    const privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
    const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
    expect(Buffer.from(checked.publicKey.spki).equals(spki)).toBe(true)
    expect(readWithOpenssl(request)).toContain(`Signature Algorithm: ${algorithm}`)
  })

  test.each([
    'Łódź Płatności S.A.',
    "O'Neil & Co / Ltd",
    '"Quoted" GmbH',
    '100% $HOME',
    '日本株式会社',
    'Back\\slash + plus = equals, comma; #',
    '長'.repeat(64),
  ])('carry the organization name %s', async (organizationName) => {
    const { request } = await createKeyAndRequest('ec-p256', nameOf(organizationName))
    const text = readWithOpenssl(request)
    const field = (name: string) => new RegExp(`^ *${name} *= (.*)$`, 'm').exec(text)?.[1]
    expect(field('organizationName')).toBe(organizationName)
    expect(field('stateOrProvinceName')).toBe("Łódź's")
    expect(field('countryName')).toBe('PL')
    expect(field('commonName')).toBe('acme-0001')
    const { subject } = await checkCertificateRequest(request, ['ec-p256'])
    expect(subject).toEqual(nameOf(organizationName))
  })

  test('are the octets that OpenSSL writes for the same key and name, apart from the signature', async () => {
    const { pkcs8, request } = await createKeyAndRequest('ed25519', nameOf('Łódź Płatności S.A.'))
    writeFileSync(join(folder, 'own.key'), toPem('PRIVATE KEY', pkcs8))
    const subject = "/C=PL/ST=Łódź's/O=Łódź Płatności S.A./CN=acme-0001"
    const options = ['-new', '-utf8', '-key', 'own.key', '-subj', subject, '-outform', 'DER']
    // Ed25519 signs deterministically, so even the signatures are equal.
    const theirs = execFileSync('openssl', ['req', ...options], { cwd: folder, stdio: 'pipe' })
    expect(Buffer.from(request).toString('hex')).toBe(theirs.toString('hex'))
  })
})
