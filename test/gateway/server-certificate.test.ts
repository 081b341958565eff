import { X509Certificate } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { GatewayEnvironment } from '../../src/gateway/environment/gateway-environment.ts'
import { createVirtualHosts } from '../../src/gateway/listener/virtual-hosts.ts'
import { watchCertificates } from '../../src/gateway/listener/watch-certificates.ts'
import { watchServerFiles } from '../../src/gateway/listener/watch-server-files.ts'
import { createRegistry } from '../../src/gateway/registry/registry.ts'
import { ensureDevelopmentTls } from '../../src/signer/development-tls.ts'

type Half = 'certificateFile' | 'keyFile'

/** Creates a server certificate and its key in their own folder. */
async function makeFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'postern-server-certificate-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [certificateFile, keyFile, serverCaFile] = ['gateway.pem', 'gateway.key', 'server-ca.pem'].map(
    (name) => join(folder, name),
  ) as [string, string, string]
  await ensureDevelopmentTls({ certificateFile, keyFile, serverCaFile }, ['localhost'], systemClock)
  return { setting: 'gateway', certificateFile, keyFile, hosts: [{ setting: 'x.host', host: 'localhost' }] }
}

type Files = Awaited<ReturnType<typeof makeFiles>>

const serialOf = (pem: string | Buffer) => new X509Certificate(pem).serialNumber

/** Opens the environments behind one port, one for each pair of files. */
function openSites(...pairs: Files[]) {
  const clock = { now: () => Date.now() }
  const environment = { gatewayHost: 'localhost', gatewayUrl: 'https://localhost', acceptsLoopback: false }
  const sites = createVirtualHosts(
    pairs.map((files) => ({
      files,
      environment: environment as GatewayEnvironment,
      handleRequest() {},
    })),
    { registry: createRegistry(), clock },
  )
  sites.tlsOptions()
  return { sites, clock, serialInUse: () => serialOf(String(sites.reload().cert)) }
}

/** Reloads a pair of files as a gateway does; returns the serial number in use and the log. */
function follow(files: Files) {
  const { sites, serialInUse } = openSites(files)
  const logged: string[] = []
  const note = (_facts: object, sentence: string) => void logged.push(sentence)
  onTestFinished(watchServerFiles([files], sites.readFiles, { warn: note, error: note }))
  return { serialInUse, logged }
}

test('a new server certificate is used, whichever of the two files is replaced last', {
  timeout: 40_000,
}, async () => {
  const renew = async (first: Half, last: Half) => {
    const [files, renewed] = [await makeFiles(), await makeFiles()]
    const { serialInUse, logged } = follow(files)
    const expected = serialOf(readFileSync(renewed.certificateFile))
    copyFileSync(renewed[first], files[first])
    // Longer than two checks, in which one file is new and the other is not.
    await expect.poll(() => logged.length, { timeout: 12_000 }).toBe(1)
    await wait(6000)
    expect(serialInUse()).not.toBe(expected)
    copyFileSync(renewed[last], files[last])
    await expect.poll(serialInUse, { timeout: 12_000 }).toBe(expected)
    expect(logged).toEqual([
      `gateway.certificate: ${files.certificateFile} and ${files.keyFile} (gateway.key) do not belong together. Name the private key that the certificate was made for. The server certificate in use stays until the files can be used.`,
      'The files of the server certificates can be used again and are in use.',
    ])
  }
  await Promise.all([renew('keyFile', 'certificateFile'), renew('certificateFile', 'keyFile')])
})

test('an unusable pair leaves the previous one in use, and other environments still reload theirs', async () => {
  const [bad, good, renewed] = [await makeFiles(), await makeFiles(), await makeFiles()]
  const { sites, serialInUse } = openSites(good, bad)
  copyFileSync(renewed.certificateFile, good.certificateFile)
  copyFileSync(renewed.keyFile, good.keyFile)
  const whole = readFileSync(bad.certificateFile)
  for (const [content, sentence] of [
    ['', 'is empty'],
    [whole.subarray(0, 200), 'cut off, or still being written'],
    [readFileSync(renewed.certificateFile), 'do not belong together'],
  ] as const) {
    writeFileSync(bad.certificateFile, content)
    expect(sites.readFiles()).toEqual([expect.stringContaining(sentence)])
    expect(serialInUse()).toBe(serialOf(readFileSync(renewed.certificateFile)))
  }
  rmSync(bad.certificateFile)
  expect(sites.readFiles()).toEqual([expect.stringContaining(`${bad.certificateFile} does not exist`)])
  writeFileSync(bad.certificateFile, whole)
  expect(sites.readFiles()).toEqual([])
})

test('a renewed server certificate is not used if it has expired or is not valid yet', async () => {
  const [files, renewed] = [await makeFiles(), await makeFiles()]
  const { sites, clock, serialInUse } = openSites(files)
  const before = serialInUse()
  copyFileSync(renewed.certificateFile, files.certificateFile)
  copyFileSync(renewed.keyFile, files.keyFile)
  for (const [days, sentence] of [
    [400, 'expired on'],
    [-2, 'is not valid before'],
  ] as const) {
    clock.now = () => Date.now() + days * 86_400_000
    expect(sites.readFiles()).toEqual([expect.stringContaining(sentence)])
    expect(serialInUse()).toBe(before)
  }
  clock.now = Date.now
  expect(sites.readFiles()).toEqual([])
  expect(serialInUse()).not.toBe(before)
})

test('the server certificate in use is logged, and each day that it expires within 30 days', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const day = 86_400_000
  const notAfter = Date.now() + 32 * day
  let inUse = { environment: 'production', serialNumber: '0A', notAfter }
  const kinds: string[] = []
  const note = (details: object) => void kinds.push((details as { kind: string }).kind)
  const stop = watchCertificates(() => [inUse], { info: note, warn: note, error: note }, { now: Date.now })
  onTestFinished(stop)
  vi.advanceTimersByTime(day)
  expect(kinds.splice(0)).toEqual(['server_certificate_loaded'])
  vi.advanceTimersByTime(3 * day)
  expect(kinds.splice(0)).toEqual(Array(3).fill('server_certificate_expiring'))
  inUse = { ...inUse, serialNumber: '0B', notAfter: notAfter + 90 * day }
  vi.advanceTimersByTime(day)
  expect(kinds.splice(0)).toEqual(['server_certificate_loaded'])
  inUse = { ...inUse, serialNumber: '0C', notAfter: Date.now() - 1 }
  vi.advanceTimersByTime(10_000)
  expect(kinds.splice(0)).toEqual(['server_certificate_loaded', 'server_certificate_expired'])
})
