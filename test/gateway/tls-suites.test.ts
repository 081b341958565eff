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

/** The suites of TLS 1.2 that a port takes, each offered by itself, so that there is nothing to choose. */
async function listTaken(suites: readonly string[], port = world.port()): Promise<string[]> {
  const taken: string[] = []
  for (let start = 0; start < suites.length; start += 8) {
    const some = suites.slice(start, start + 8)
    const answers = await Promise.all(
      some.map((suite) => shakeHands(['-tls1_2', '-cipher', `${suite}:@SECLEVEL=0`], port)),
    )
    taken.push(...some.filter((_suite, index) => answers[index] !== undefined))
  }
  return taken.toSorted()
}

test('takes of TLS 1.2 no suite but the four of RFC 9325, 4.2', { timeout: 240_000 }, async () => {
  const all = execFileSync('openssl', ['ciphers', '-tls1_2', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'])
    .toString()
    .trim()
    .split(':')
    .filter((suite) => !suite.startsWith('TLS_'))
  expect(all.length).toBeGreaterThan(50)
  // The certificate of the gateway has a P-256 key.
  expect(await listTaken(all)).toEqual(recommended.filter((suite) => suite.includes('ECDSA')))
})

test('takes of TLS 1.2 the same suites with an RSA certificate', { timeout: 120_000 }, async () => {
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
  const offered = [
    ...recommended,
    'ECDHE-RSA-CHACHA20-POLY1305',
    'DHE-RSA-AES128-GCM-SHA256',
    'AES128-GCM-SHA256',
  ]
  expect(await listTaken([...offered, 'ECDHE-RSA-AES128-SHA256'], port)).toEqual(
    recommended.filter((suite) => suite.includes('-RSA-')),
  )
  server.close()
})
