import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { openToolFolder } from '../../test/support/tool-folder.ts'
import { ensureDevelopmentTls } from './development-tls.ts'

const day = 86_400_000
const hosts = ['localhost', '127.0.0.1', '::1', 'api.example']

function open() {
  const folder = openToolFolder()
  const tls = join(folder.path, 'tls')
  const files = {
    certificateFile: join(tls, 'gateway.pem'),
    keyFile: join(tls, 'gateway.key'),
    serverCaFile: join(tls, 'server-ca.pem'),
  }
  const clock = createTestClock()
  const read = () => readFileSync(files.certificateFile, 'utf8')
  return {
    folder,
    tls,
    files,
    clock,
    read,
    ensure: (names = hosts) => ensureDevelopmentTls(files, names, clock),
  }
}

test('the development certificate is valid for every named host and address', async () => {
  const { folder, files, ensure } = open()
  using _ = folder
  await ensure()
  for (const host of hosts) {
    const asked = host.includes(':') || /^[\d.]+$/.test(host) ? '-verify_ip' : '-verify_hostname'
    const verify = `openssl verify -x509_strict -purpose sslserver -CAfile tls/server-ca.pem ${asked} ${host}`
    expect(folder.run(`${verify} tls/gateway.pem`)).toContain('OK')
  }
  const { publicKey } = new X509Certificate(readFileSync(files.certificateFile))
  const own = createPublicKey(createPrivateKey(readFileSync(files.keyFile)))
  expect(own.equals(publicKey)).toBe(true)
})

test('the development key is readable by its owner only, and the key of its CA is not stored', async () => {
  const { folder, tls, files, ensure } = open()
  using _ = folder
  await ensure()
  expect(statSync(files.keyFile).mode & 0o777).toBe(0o600)
  expect(readdirSync(tls).sort()).toEqual(['gateway.key', 'gateway.pem', 'server-ca.pem'])
  const ca = new X509Certificate(readFileSync(files.serverCaFile))
  expect(createPublicKey(readFileSync(files.keyFile)).equals(ca.publicKey)).toBe(false)
})

test('the development certificate is kept until fewer than 30 days are left or a host is missing', async () => {
  const { folder, clock, read, ensure } = open()
  using _ = folder
  await ensure()
  const first = read()
  clock.advance(366 * day)
  await ensure()
  expect(read()).toBe(first)
  clock.advance(2 * day)
  await ensure()
  const second = read()
  expect(second).not.toBe(first)
  await ensure([...hosts, 'other.example'])
  expect(read()).not.toBe(second)
})

test('a development certificate from a start with a wrong clock is replaced at the next start', async () => {
  const { folder, files, clock, read, ensure } = open()
  using _ = folder
  await ensure()
  const first = read()
  // The clock was ahead and is correct now: neither certificate is valid yet.
  clock.advance(-day)
  await ensure()
  const second = read()
  expect(second).not.toBe(first)
  clock.advance(400 * day)
  await ensure()
  expect(read()).not.toBe(second)
  expect(
    folder.run(`openssl verify -no_check_time -CAfile ${files.serverCaFile} ${files.certificateFile}`),
  ).toContain('OK')
})

test('a development certificate of another CA than the stored one is replaced', async () => {
  const { folder, files, read, ensure } = open()
  using _ = folder
  await ensure()
  const first = read()
  const { folder: otherFolder, files: otherFiles, ensure: ensureOther } = open()
  using __ = otherFolder
  await ensureOther()
  writeFileSync(files.serverCaFile, readFileSync(otherFiles.serverCaFile))
  await ensure()
  expect(read()).not.toBe(first)
})
