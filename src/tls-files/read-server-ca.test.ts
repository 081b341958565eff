import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assertServerCa, createServerCaReader, readServerCa } from './read-server-ca.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-server-ca-'))
const at = (name: string) => join(folder, name)
const openssl = (...given: string[]) => void execFileSync('openssl', given, { cwd: folder, stdio: 'pipe' })
const pemOf = (name: string) => readFileSync(at(name), 'utf8')
const concat = (to: string, ...from: string[]) => writeFileSync(at(to), from.map(pemOf).join(''))
const files = (certificate: string, ca: string | null = null) => ({
  setting: 'gateway',
  certificateFile: at(certificate),
  caFile: ca === null ? null : at(ca),
})
const read = (certificate: string, ca: string | null = null) =>
  readServerCa(files(certificate, ca), Date.now())

const root = (name: string) =>
  openssl(
    ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ...['-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '30'],
  )

beforeAll(() => {
  for (const name of ['root', 'other', 'alone']) root(name)
  openssl(
    ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ...['-subj', '/CN=api.example', '-CA', 'root.pem', '-CAkey', 'root.key', '-days', '30'],
    ...['-addext', 'basicConstraints=CA:FALSE', '-keyout', 'leaf.key', '-out', 'leaf.pem'],
  )
  concat('chain.pem', 'leaf.pem', 'root.pem')
  concat('with-key.pem', 'root.pem', 'root.key')
  writeFileSync(at('public.pem'), rootCertificates[0] as string)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('readServerCa', () => {
  test('gives the private root at the end of the chain', () => {
    expect(read('chain.pem')).toBe(pemOf('root.pem'))
    openssl('verify', '-CAfile', 'root.pem', 'leaf.pem')
  })

  test('gives a self-signed certificate, which is its own root', () => {
    expect(read('alone.pem')).toBe(pemOf('alone.pem'))
  })

  test('gives none for a public root, and none where the chain ends before its root', () => {
    expect(read('public.pem')).toBeNull()
    expect(read('leaf.pem')).toBeNull()
  })

  test('gives the certificates of the setting, and never a key in the same file', () => {
    expect(read('leaf.pem', 'root.pem')).toBe(pemOf('root.pem'))
    expect(read('leaf.pem', 'with-key.pem')).toBe(pemOf('root.pem'))
  })
})

describe('assertServerCa', () => {
  test('takes the CA of the certificate, also where the certificate is on another machine', () => {
    for (const certificate of ['leaf.pem', 'chain.pem', 'elsewhere.pem'])
      assertServerCa(files(certificate, 'root.pem'), Date.now())
    assertServerCa(files('elsewhere.pem'), Date.now())
  })

  test('rejects the CA of another certificate, and a file that is none', () => {
    expect(() => assertServerCa(files('chain.pem', 'other.pem'), Date.now())).toThrow(
      /^gateway\.ca: .* has no CA that issued the certificate in gateway\.certificate\./,
    )
    expect(() => assertServerCa(files('chain.pem', 'leaf.pem'), Date.now())).toThrow('not one of a CA')
    expect(() => assertServerCa(files('chain.pem', 'none.pem'), Date.now())).toThrow('does not exist')
  })
})

test('createServerCaReader follows a replaced file, and keeps what it read while the file is unusable', () => {
  concat('served.pem', 'chain.pem')
  const readCa = createServerCaReader(new Map([['production', files('served.pem')]]), { now: Date.now })
  expect(readCa('production')).toBe(pemOf('root.pem'))
  writeFileSync(at('served.pem'), pemOf('chain.pem').slice(0, 100))
  expect(readCa('production')).toBe(pemOf('root.pem'))
  concat('served.pem', 'alone.pem')
  expect(readCa('production')).toBe(pemOf('alone.pem'))
  expect(readCa('staging')).toBeNull()
})
