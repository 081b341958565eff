import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readSecureContext } from '../../src/gateway/tls-options.ts'
import { type GatewayWorld, openGatewayWorld } from '../support/gateway-world.ts'

const run = promisify(execFile)
let world: GatewayWorld

beforeAll(async () => {
  world = await openGatewayWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

/** Protocol and suite of a handshake of openssl with these options; nothing where there was none. */
async function shakeHands(options: readonly string[], port = world.port()): Promise<string | undefined> {
  const args = ['s_client', '-connect', `localhost:${port}`, '-brief', ...options]
  const shaking = run('openssl', args, { timeout: 20_000 })
  shaking.child.stdin?.end()
  const { stdout, stderr } = await shaking.catch((error) => error)
  const output = `${stdout}${stderr}`
  const [, version] = /Protocol version: (\S+)/.exec(output) ?? []
  const [, suite] = /Ciphersuite: (\S+)/.exec(output) ?? []
  return version && `${version} ${suite}`
}

test('prefers TLS 1.3, whatever else the client offers', async () => {
  expect(await shakeHands(['-cipher', 'ALL'])).toMatch(/^TLSv1.3 /)
})

test('takes no TLS below 1.2', async () => {
  for (const version of ['-tls1', '-tls1_1'])
    expect(await shakeHands([version, '-cipher', 'ALL:@SECLEVEL=0'])).toBeUndefined()
})

/** The four suites that RFC 9325, 4.2 recommends, as OpenSSL calls them. */
const recommended = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384',
]

const others = execFileSync('openssl', ['ciphers', '-tls1_2', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'])
  .toString()
  .trim()
  .split(':')
  .filter((suite) => !suite.startsWith('TLS_') && !recommended.includes(suite))

/** The suites of TLS 1.2 that a port takes: each recommended one by itself, and the choice among all others. */
async function listTaken(port = world.port()): Promise<string[]> {
  const answers = await Promise.all(
    [...recommended, others.join(':')].map((suites) =>
      shakeHands(['-tls1_2', '-cipher', `${suites}:@SECLEVEL=0`], port),
    ),
  )
  return answers.filter((answer) => answer !== undefined)
}

test('takes of TLS 1.2 no suite but the four of RFC 9325, 4.2', async () => {
  expect(others.length).toBeGreaterThan(50)
  expect(others).toContain('ECDHE-ECDSA-CHACHA20-POLY1305')
  // The certificate of the gateway has a P-256 key.
  expect(await listTaken()).toEqual([
    'TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256',
    'TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384',
  ])
})

test('takes of TLS 1.2 the same suites with an RSA certificate', async () => {
  const [certificateFile, keyFile] = [join(world.folder, 'rsa.pem'), join(world.folder, 'rsa.key')]
  execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-keyout', keyFile, '-out', certificateFile],
  ])
  const server = createServer(readSecureContext({ certificateFile, keyFile }, []))
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  expect(await listTaken(port)).toEqual([
    'TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256',
    'TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384',
  ])
  server.close()
})
