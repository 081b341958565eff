import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { operations } from '../../src/contract/operations.ts'
import { ensureDevelopmentTls } from '../../src/signer/development-tls.ts'
import { type ApiClient, signInFirst, toUrl } from '../support/api.ts'
import { issueCertificate } from '../support/certificates.ts'
import { startPortalProxy } from '../support/portal-proxy.ts'
import { type RunningPostern, startPostern } from '../support/postern.ts'
import { findFreePort } from '../support/postgres.ts'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'postern-portal-proxy-'))
const caFile = join(folder, 'ca.pem')
let postern: RunningPostern
let admin: ApiClient
let url: string
let publicPort: number
let stop: (() => Promise<void>) | undefined

beforeAll(async () => {
  const [port, plainPort] = [await findFreePort(), await findFreePort()]
  publicPort = plainPort
  url = `https://localhost:${port}`
  const files = {
    certificateFile: join(folder, 'portal.pem'),
    keyFile: join(folder, 'portal.key'),
    serverCaFile: caFile,
  }
  await ensureDevelopmentTls(files, ['localhost'], systemClock)
  postern = await startPostern({ config: { portal: { url, trustedProxies: ['127.0.0.1'] } } })
  stop = await startPortalProxy({
    ...{ folder, port, plainPort, name: 'localhost', ...files },
    portalPort: Number(new URL(postern.portalUrl).port),
    publicationPort: Number(new URL(postern.publicUrl).port),
  })
  admin = await signInFirst(postern, 'admin@acme.example')
})
afterAll(async () => {
  await stop?.()
  await postern?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const curl = (...args: string[]) => run('curl', ['--silent', '--cacert', caFile, '--max-time', '20', ...args])

test('the page comes through nginx over https, with the address of the client for the portal', async () => {
  const { stdout } = await curl('--include', url)
  expect(stdout).toMatch(/^HTTP\/2 200/)
  expect(stdout).toContain('<!doctype html>')
  await curl(
    ...['--header', 'content-type: application/json', '--header', 'x-forwarded-for: 192.0.2.1'],
    ...['--data', JSON.stringify({ email: 'nobody@acme.example', password: 'a long wrong password' })],
    ...['--interface', '127.0.0.5', toUrl(url, operations.signIn, {})],
  )
  // An untrusted proxy, or an address that the client chose, would be in the log.
  expect(postern.output()).not.toMatch(/192\.0\.2\.1|does not name/)
})

test('a live page gets each event through nginx when it happens', async () => {
  const stream = toUrl(url, operations.streamOrganizationChanges, {
    params: { organization: 'acme', environment: 'production' },
  })
  const reader = spawn('curl', [
    '--silent',
    '--no-buffer',
    '--cacert',
    caFile,
    '--header',
    `cookie: ${admin.cookie()}`,
    stream,
  ])
  let heard = ''
  reader.stdout.on('data', (text) => {
    heard += text
  })
  try {
    // The stream says nothing before the first event, so that nothing tells when it has begun.
    for (let attempt = 0; attempt < 5 && heard === ''; attempt += 1) {
      await issueCertificate(admin, 'acme')
      for (let i = 0; i < 30 && heard === ''; i += 1) await wait(100)
    }
    expect(heard).toMatch(/event: \S+\ndata: \{/)
  } finally {
    reader.kill()
  }
})

test('CRLs come through nginx without TLS', async () => {
  const { stdout } = await run('curl', [
    ...['--silent', '--include', '--header', 'host: pki.example.com'],
    `http://127.0.0.1:${publicPort}/`,
  ])
  // The listener has nothing at its root, and says so itself.
  expect(stdout).toMatch(/^HTTP\/1\.1 404/)
  expect(stdout).not.toContain('<center>nginx')
})
