import { execFileSync } from 'node:child_process'
import { createCipheriv, createPrivateKey } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseCertificate } from '../certificate/certificate.ts'
import { parsePublicKey } from '../key/public-key.ts'
import { findPemBlocks } from '../text/pem.ts'
import { assertKeyBelongs } from './assert-key-belongs.ts'
import { createPassphrase } from './create-passphrase.ts'
import { decryptPrivateKey } from './decrypt-private-key.ts'
import type { EncryptTripleDes } from './encrypt-with-passphrase.ts'
import { readPrivateKey } from './read-private-key.ts'
import { writeLegacyPkcs12, writeModernPkcs12 } from './write-pkcs12.ts'

const name = 'acme-0001'
let folder: string
const run = (program: string, ...given: string[]): string =>
  execFileSync(program, given, { cwd: folder, stdio: 'pipe' }).toString()
const openssl = (line: string): string => run('openssl', ...line.split(' '))
const readBytes = (file: string) => new Uint8Array(readFileSync(join(folder, file)))
const readCertificates = (file: string) =>
  findPemBlocks(readFileSync(join(folder, file), 'utf8')).map(({ der }) => der)
const publicKeyOf = (file: string) =>
  parsePublicKey(parseCertificate(readCertificates(file)[0] as Uint8Array).spki)
const pkcs8Of = (file: string) =>
  createPrivateKey(readFileSync(join(folder, file), 'utf8')).export({ format: 'der', type: 'pkcs8' })

const keys = { ec: 'EC -pkeyopt ec_paramgen_curve:P-256', rsa: 'RSA', ed25519: 'ED25519' }

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-p12-'))
  openssl(
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=CA',
  )
  for (const [kind, options] of Object.entries(keys)) {
    openssl(`genpkey -algorithm ${options} -out ${kind}.key`)
    openssl(`req -new -key ${kind}.key -out ${kind}.csr -subj /CN=${name}`)
    openssl(`x509 -req -in ${kind}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out ${kind}.pem`)
  }
  openssl('pkcs12 -export -inkey ec.key -in ec.pem -out own.p12 -passout pass:secret')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const encryptTripleDes: EncryptTripleDes = (key, iv, content) => {
  const cipher = createCipheriv('des-ede3-cbc', key, iv)
  return new Uint8Array(Buffer.concat([cipher.update(content), cipher.final()]))
}
const profiles = {
  modern: writeModernPkcs12,
  legacy: (store: Parameters<typeof writeLegacyPkcs12>[0]) => writeLegacyPkcs12(store, encryptTripleDes),
}

describe.each(Object.keys(profiles) as (keyof typeof profiles)[])(
  'a PKCS#12 file of the profile %s',
  (profile) => {
    describe.each(['ec', 'rsa'])('with a key of the kind %s', (kind) => {
      const passphrase = createPassphrase()
      const file = `${profile}-${kind}.p12`
      const legacy = profile === 'legacy' ? ['-legacy'] : []
      beforeAll(async () => {
        const [leaf, issuer] = [...readCertificates(`${kind}.pem`), ...readCertificates('ca.pem')]
        const certificates = [leaf as Uint8Array, issuer as Uint8Array] as const
        const { der: pkcs8 } = readPrivateKey(readBytes(`${kind}.key`))
        const bytes = await profiles[profile]({ friendlyName: name, pkcs8, certificates, passphrase })
        writeFileSync(join(folder, file), bytes)
      })

      test('is read by OpenSSL, with key, certificate, issuer and name', () => {
        const read = (...options: string[]) =>
          run('openssl', 'pkcs12', ...legacy, '-in', file, '-passin', `pass:${passphrase}`, ...options)
        expect(pkcs8Of(`${kind}.key`).equals(pkcs8Of(saveText('out.key', read('-nocerts', '-nodes'))))).toBe(
          true,
        )
        const certificates = read('-nokeys')
        expect(findPemBlocks(certificates).map(({ der }) => der)).toEqual([
          ...readCertificates(`${kind}.pem`),
          ...readCertificates('ca.pem'),
        ])
        expect(certificates).toContain(`friendlyName: ${name}`)
      })

      test('is encrypted and authenticated as the profile says', () => {
        const info = execFileSync(
          'sh',
          [
            '-c',
            `openssl pkcs12 ${legacy.join('')} -in ${file} -passin pass:${passphrase} -info -noout 2>&1`,
          ],
          { cwd: folder },
        ).toString()
        const expected =
          profile === 'modern'
            ? ['MAC: sha256', 'PBES2, PBKDF2, AES-256-CBC, Iteration 200000, PRF hmacWithSHA256']
            : ['MAC: sha1', 'pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048']
        for (const text of expected) expect(info).toContain(text)
      })

      test('is read by GnuTLS', () => {
        const read = run('certtool', '--p12-info', '--inder', '--infile', file, '--password', passphrase)
        expect(read.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
        const [key = ''] = /-----BEGIN ENCRYPTED[\s\S]*END ENCRYPTED PRIVATE KEY-----/.exec(read) ?? []
        const keyFile = saveText('encrypted.key', `${key}\n`)
        const decrypted = run('certtool', '--key-info', '--infile', keyFile, '--password', passphrase)
        expect(decrypted).toContain('Public Key Info:')
      })

      test('is read by NSS', () => {
        const store = `sql:${profile}-${kind}`
        mkdirSync(join(folder, `${profile}-${kind}`))
        run('certutil', '-N', '-d', store, '--empty-password')
        run('pk12util', '-i', file, '-d', store, '-W', passphrase)
        expect(run('certutil', '-K', '-d', store)).toContain(name)
      })

      test('is read by Java', () => {
        const options = ['-keystore', file, '-storetype', 'PKCS12', '-storepass', passphrase]
        const read = run('keytool', '-list', '-v', ...options)
        expect(read).toContain('Entry type: PrivateKeyEntry')
        expect(read).toContain('Certificate chain length: 2')
        expect(read).toContain(`Alias name: ${name}`)
      })

      test('is not read with another passphrase', () => {
        expect(() =>
          run('openssl', 'pkcs12', ...legacy, '-in', file, '-passin', 'pass:another', '-noout'),
        ).toThrow('invalid password')
      })
    })
  },
)

function saveText(file: string, text: string): string {
  writeFileSync(join(folder, file), text)
  return file
}

describe('a private key file', () => {
  test.each([
    ['PKCS#8', 'pkey -in ec.key -out given.key'],
    ['PKCS#8 in DER', 'pkey -in ec.key -outform DER -out given.key'],
    ['SEC1 after its parameters', 'ec -in ec.key -out given.key'],
  ])('is read as %s', async (_, command) => {
    openssl(command)
    const { der, encrypted } = readPrivateKey(readBytes('given.key'))
    expect(encrypted).toBe(false)
    await assertKeyBelongs(der, publicKeyOf('ec.pem'), name)
  })

  test('is read as PKCS#1', async () => {
    openssl('rsa -in rsa.key -traditional -out given.key')
    expect(readFileSync(join(folder, 'given.key'), 'utf8')).toContain('BEGIN RSA PRIVATE KEY')
    const { der } = readPrivateKey(readBytes('given.key'))
    expect(Buffer.from(der).equals(pkcs8Of('rsa.key'))).toBe(true)
    await assertKeyBelongs(der, publicKeyOf('rsa.pem'), name)
  })

  test('is read for Ed25519', async () => {
    const { der } = readPrivateKey(readBytes('ed25519.key'))
    await assertKeyBelongs(der, publicKeyOf('ed25519.pem'), name)
  })

  test.each([
    '-v2 aes-256-cbc',
    '-v2 aes-128-cbc -v2prf hmacWithSHA512',
    '-v2 aes-256-cbc -v2prf hmacWithSHA1',
  ])('is decrypted with its passphrase (openssl pkcs8 -topk8 %s)', async (options) => {
    openssl(`pkcs8 -topk8 ${options} -in ec.key -out given.key -passout pass:secret`)
    const { der, encrypted } = readPrivateKey(readBytes('given.key'))
    expect(encrypted).toBe(true)
    expect(Buffer.from(await decryptPrivateKey(der, 'secret')).equals(pkcs8Of('ec.key'))).toBe(true)
    await expect(decryptPrivateKey(der, 'wrong')).rejects.toMatchObject({ reason: 'passphrase_wrong' })
  })

  test('is named with the command that converts it if its encryption is too old', async () => {
    openssl('pkcs8 -topk8 -v2 des3 -in ec.key -out given.key -passout pass:secret')
    const { der } = readPrivateKey(readBytes('given.key'))
    await expect(decryptPrivateKey(der, 'secret')).rejects.toThrow('openssl pkcs8 -topk8 -v2 aes-256-cbc')
    openssl('rsa -in rsa.key -traditional -aes128 -out given.key -passout pass:secret')
    expect(() => readPrivateKey(readBytes('given.key'))).toThrow('openssl pkcs8 -topk8 -in client.key')
  })

  test('of another certificate is named', async () => {
    openssl('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.key')
    const other = readPrivateKey(readBytes('other.key')).der
    await expect(assertKeyBelongs(other, publicKeyOf('ec.pem'), name)).rejects.toThrow(
      'This key does not belong to the certificate acme-0001. No file was created.',
    )
    const rsa = readPrivateKey(readBytes('rsa.key')).der
    await expect(assertKeyBelongs(rsa, publicKeyOf('ec.pem'), name)).rejects.toThrow(
      'This is an RSA key, and the certificate acme-0001 has an EC P-256 key.',
    )
    await expect(assertKeyBelongs(other, publicKeyOf('rsa.pem'), name)).rejects.toThrow(
      'This is an EC P-256 key, and the certificate acme-0001 has an RSA 2048 key.',
    )
  })

  test.each([
    ['ec.pem', 'This file is a certificate. It has no private key.'],
    ['ec.csr', 'This file is a CSR. It has no private key.'],
    ['own.p12', 'This file is a PKCS#12 file already.'],
  ])('is told from %s', (file, sentence) => {
    expect(() => readPrivateKey(readBytes(file))).toThrow(sentence)
  })

  test('that is damaged is called so', async () => {
    const text = readFileSync(join(folder, 'ec.key'), 'utf8')
    const cut = new TextEncoder().encode(text.replace(/\n.{20}/, '\n'))
    expect(() => readPrivateKey(cut)).toThrow(/damaged|not a private key/)
    expect(() => readPrivateKey(new TextEncoder().encode('hello'))).toThrow('This file is not a private key.')
    const zeroed = readPrivateKey(readBytes('ec.key')).der.fill(0, 40, 60)
    await expect(assertKeyBelongs(zeroed, publicKeyOf('ec.pem'), name)).rejects.toThrow(
      /damaged|does not belong/,
    )
  })
})

test('a passphrase has 140 random bits in letters that every shell takes without quotes', () => {
  const made = new Set(Array.from({ length: 200 }, createPassphrase))
  expect(made.size).toBe(200)
  for (const passphrase of made) expect(passphrase).toMatch(/^([a-km-np-z2-9]{4}-){6}[a-km-np-z2-9]{4}$/)
})
