import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keyKinds } from '../../src/contract/environment.ts'
import { toSecureContext } from '../../src/gateway/listener/tls-options.ts'
import { parseCertificate } from '../../src/pki/certificate/certificate.ts'
import { getKeyKind, parsePublicKey } from '../../src/pki/key/public-key.ts'
import { clientExtensions } from '../support/external-authority.ts'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'
import { openToolFolder } from '../support/tool-folder.ts'

const run = promisify(execFile)
let harness: GatewayHarness

beforeAll(async () => {
  harness = await openGatewayHarness()
})
afterAll(() => harness[Symbol.asyncDispose]())

/** Returns protocol and cipher suite of an OpenSSL handshake with these options; undefined if it failed. */
async function shakeHands(options: readonly string[], port = harness.port()): Promise<string | undefined> {
  const args = ['s_client', '-connect', `localhost:${port}`, '-brief', ...options]
  const shaking = run('openssl', args, { timeout: 20_000 })
  shaking.child.stdin?.end()
  const { stdout, stderr } = await shaking.catch((error) => error)
  const output = `${stdout}${stderr}`
  const [, version] = /Protocol version: (\S+)/.exec(output) ?? []
  const [, suite] = /Ciphersuite: (\S+)/.exec(output) ?? []
  return version && `${version} ${suite}`
}

test('the gateway prefers TLS 1.3, whatever else the client offers', async () => {
  expect(await shakeHands(['-cipher', 'ALL'])).toMatch(/^TLSv1.3 /)
})

test('the gateway denies TLS below 1.2', async () => {
  for (const version of ['-tls1', '-tls1_1'])
    expect(await shakeHands([version, '-cipher', 'ALL:@SECLEVEL=0'])).toBeUndefined()
})

/** The four cipher suites that RFC 9325, section 4.2 recommends, by their OpenSSL names. */
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

/**
 * Lists the TLS 1.2 suites that a port accepts: each recommended one alone, and the choice among all others.
 */
async function listTaken(port = harness.port()): Promise<string[]> {
  const answers = await Promise.all(
    [...recommended, others.join(':')].map((suites) =>
      shakeHands(['-tls1_2', '-cipher', `${suites}:@SECLEVEL=0`], port),
    ),
  )
  return answers.filter((answer) => answer !== undefined)
}

test('the gateway accepts with TLS 1.2 only the four suites of RFC 9325, section 4.2', async () => {
  expect(others.length).toBeGreaterThan(50)
  expect(others).toContain('ECDHE-ECDSA-CHACHA20-POLY1305')
  // The gateway's certificate has a P-256 key.
  expect(await listTaken()).toEqual([
    'TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256',
    'TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384',
  ])
})

test('the gateway accepts the same TLS 1.2 suites with an RSA certificate', async () => {
  const [certificateFile, keyFile] = [join(harness.folder, 'rsa.pem'), join(harness.folder, 'rsa.key')]
  execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-keyout', keyFile, '-out', certificateFile],
  ])
  const server = createServer(
    toSecureContext({ cert: readFileSync(certificateFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }, []),
  )
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

const keyOptions: Record<(typeof keyKinds)[number], string> = {
  'ec-p256': 'EC -pkeyopt ec_paramgen_curve:P-256',
  'ec-p384': 'EC -pkeyopt ec_paramgen_curve:P-384',
  'ec-p521': 'EC -pkeyopt ec_paramgen_curve:P-521',
  'rsa-2048': 'RSA -pkeyopt rsa_keygen_bits:2048',
  'rsa-3072': 'RSA -pkeyopt rsa_keygen_bits:3072',
  'rsa-4096': 'RSA -pkeyopt rsa_keygen_bits:4096',
  ed25519: 'ED25519',
}

test.each(keyKinds)(
  'a client with a %s key connects with TLS 1.2 and 1.3',
  { timeout: 60_000 },
  async (kind) => {
    using folder = openToolFolder()
    folder.run(`openssl genpkey -algorithm ${keyOptions[kind]} -out key.pem`)
    folder.run(`openssl req -new -key key.pem -subj /CN=${kind} -out a.csr`)
    folder.write('a.cnf', clientExtensions)
    folder.run('openssl x509 -req -in a.csr -signkey key.pem -extfile a.cnf -outform DER -out a.der')
    folder.run('openssl x509 -inform DER -in a.der -out cert.pem')
    const der = folder.read('a.der')
    expect(getKeyKind(parsePublicKey(parseCertificate(der).spki))).toBe(kind)
    await harness.register({ der, name: kind })
    const files = ['--cert', `${folder.path}/cert.pem`, '--key', `${folder.path}/key.pem`]
    for (const version of [['--tlsv1.2', '--tls-max', '1.2'], ['--tlsv1.3']]) {
      const args = ['-sS', '--cacert', harness.caFile, ...version, ...files]
      const { stdout } = await run('curl', [...args, `https://localhost:${harness.port()}/whoami`])
      expect(JSON.parse(stdout)).toMatchObject({ certificate: { name: kind } })
    }
  },
)

test('the gateway offers no DSA, SHA-1 or SHA-224 signatures', async () => {
  for (const version of ['-tls1_2', '-tls1_3']) {
    const args = ['s_client', '-connect', `localhost:${harness.port()}`, version]
    const shaking = run('openssl', args, { timeout: 5000 })
    shaking.child.stdin?.end()
    const { stdout } = await shaking.catch((error) => error)
    const [, offered = ''] = /Requested Signature Algorithms: (\S+)/.exec(stdout) ?? []
    expect([...new Set(offered.split(':'))].toSorted()).toEqual(
      [
        'ECDSA+SHA256',
        'ECDSA+SHA384',
        'ECDSA+SHA512',
        'ed25519',
        'rsa_pss_pss_sha256',
        'rsa_pss_pss_sha384',
        'rsa_pss_pss_sha512',
        'RSA+SHA256',
        'RSA+SHA384',
        'RSA+SHA512',
        'RSA-PSS+SHA256',
        'RSA-PSS+SHA384',
        'RSA-PSS+SHA512',
      ].toSorted(),
    )
  }
})
