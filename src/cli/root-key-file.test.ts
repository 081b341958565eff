import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openToolFolder } from '../../test/support/tool-folder.ts'
import { encryptPrivateKey } from '../signer/encrypt-private-key.ts'
import { readNewPassphrase, readPassphrase } from './read-passphrase.ts'
import { readRootKeyFile, writeSecretFile } from './root-key-file.ts'

const passphrase = 'Zażółć gęślą jaźń'
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
let folder: ReturnType<typeof openToolFolder>
let pem: string
const at = (name: string) => join(folder.path, name)

beforeAll(async () => {
  folder = openToolFolder()
  folder.write('passphrase', `${passphrase}\nanother line\n`)
  folder.write('same', passphrase)
  pem = await encryptPrivateKey(privateKey, passphrase)
})
afterAll(() => folder[Symbol.dispose]())

test('a written root key is readable by openssl and by Postern, for its owner only', () => {
  writeSecretFile(at('root.key'), pem)
  expect(statSync(at('root.key')).mode & 0o777).toBe(0o600)
  const read = folder.run('openssl pkey -in root.key -passin file:passphrase -pubout')
  expect(read).toContain('BEGIN PUBLIC KEY')
  expect(readRootKeyFile(at('root.key'), passphrase).equals(privateKey)).toBe(true)
  const parameters = folder.run('openssl asn1parse -in root.key')
  for (const word of ['PBES2', 'PBKDF2', 'hmacWithSHA256', 'aes-256-cbc', ':0F4240'])
    expect(parameters).toContain(word)
})

test('a root key that openssl encrypted again, with scrypt, is readable too', () => {
  folder.run(
    'openssl pkcs8 -topk8 -scrypt -in root.key -passin file:passphrase -out anew.key -passout file:same',
  )
  expect(readRootKeyFile(at('anew.key'), passphrase).equals(privateKey)).toBe(true)
})

test.each([
  ['a file', () => writeFileSync(at('there'), 'mine'), 'there'],
  ['a folder', () => mkdirSync(at('folder')), 'folder'],
  ['a dangling symbolic link', () => symlinkSync(at('nowhere'), at('link')), 'link'],
])('%s is not overwritten by the root key', (_, make, name) => {
  make()
  expect(() => writeSecretFile(at(name), pem)).toThrow('is there already')
  expect(existsSync(at('nowhere'))).toBe(false)
  if (name === 'there') expect(readFileSync(at('there'), 'utf8')).toBe('mine')
})

test('a missing folder for the root key is reported', () => {
  expect(() => writeSecretFile(at('missing/root.key'), pem)).toThrow('missing is not there')
})

test.each([
  ['a wrong passphrase', () => pem, 'another passphrase', 'does not open'],
  ['a damaged file', () => pem.replace(/[a-z]{4}/, 'AAAA'), passphrase, 'does not open'],
  [
    'a plaintext key',
    () => privateKey.export({ type: 'pkcs8', format: 'pem' }),
    passphrase,
    'is not an encrypted',
  ],
])('%s is reported in one sentence without repeating the content', (_, text, given, sentence) => {
  folder.write('given.key', text())
  const read = () => readRootKeyFile(at('given.key'), given)
  expect(read).toThrow(sentence)
  expect(read).not.toThrow(given)
})

test('a passphrase comes from a file or a variable, not from both, and a new one must be long', async () => {
  const file = at('passphrase')
  expect(await readPassphrase({ file, variable: undefined })).toBe(passphrase)
  expect(await readPassphrase({ file: undefined, variable: 'from the variable' })).toBe('from the variable')
  await expect(readPassphrase({ file, variable: 'x' })).rejects.toThrow('given twice')
  await expect(readPassphrase({ file: at('none'), variable: undefined })).rejects.toThrow('cannot be read')
  await expect(readNewPassphrase({ file: undefined, variable: 'short' })).rejects.toThrow('12 characters')
})
