import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { ensureDevelopmentTls } from '../../src/signer/development-tls.ts'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'

const run = promisify(execFile)
let harness: GatewayHarness
let live: TestClient
let stage: TestClient

/** A server certificate for staging from its own CA, and the CAs that clients trust. */
const folder = mkdtempSync(join(tmpdir(), 'postern-sni-'))
const [certificate, key, serverCa, caFile] = ['own.pem', 'own.key', 'own-ca.pem', 'both.pem'].map((name) =>
  join(folder, name),
) as [string, string, string, string]

beforeAll(async () => {
  const files = { certificateFile: certificate, keyFile: key, serverCaFile: serverCa }
  await ensureDevelopmentTls(files, ['other.example'], systemClock)
  harness = await openGatewayHarness({
    isPortShared: true,
    environments: { staging: { host: 'other.example', certificate, key } },
  })
  writeFileSync(caFile, harness.ca + readFileSync(serverCa, 'utf8'))
  live = await harness.issue()
  stage = await harness.issue({ environment: 'staging' })
})
afterAll(async () => {
  await harness[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

/** Returns the response of `/whoami` over a connection for `serverName`; an empty name sends no SNI. */
async function ask(as: TestClient, serverName: string, host: string) {
  const options: ConnectionOptions = { servername: serverName, checkServerIdentity: () => undefined }
  const tls = {
    host: '127.0.0.1',
    port: harness.port(),
    ca: readFileSync(caFile),
    cert: as.cert,
    key: as.key,
    ...options,
  }
  const socket = connect(tls)
  await once(socket, 'secureConnect')
  const hosts = socket.getPeerCertificate().subjectaltname
  socket.write(`GET /whoami HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)
  let text = ''
  for await (const chunk of socket) text += chunk
  const body = JSON.parse(text.slice(text.indexOf('{')))
  return { status: Number(text.split(' ')[1]), code: body.code, environment: body.environment, hosts }
}

test('two environments behind one port', () => {
  expect(harness.port('staging')).toBe(harness.port('production'))
})

test.each([
  ['production', 'localhost', 'localhost', 200, undefined],
  ['staging', 'other.example', 'other.example', 200, undefined],
  ['staging', 'OTHER.example', 'other.example', 200, undefined],
  ['staging', 'localhost', 'localhost', 403, 'certificate_wrong_environment'],
  ['production', 'other.example', 'other.example', 403, 'certificate_wrong_environment'],
  // The handshake named another environment than the request.
  ['production', 'localhost', 'other.example', 421, 'wrong_host'],
  ['staging', 'other.example', 'localhost', 421, 'wrong_host'],
  // No server name or an unknown one: the first environment.
  ['production', '', 'localhost', 200, undefined],
  ['staging', '', 'localhost', 403, 'certificate_wrong_environment'],
  ['production', '', 'other.example', 421, 'wrong_host'],
  ['production', 'unknown.example', 'localhost', 421, 'wrong_host'],
  ['production', 'unknown.example', 'unknown.example', 421, 'wrong_host'],
])(
  'a %s certificate with server name "%s" and host %s gets %d %s',
  async (whose, name, host, status, code) => {
    const answer = await ask(whose === 'production' ? live : stage, name, host)
    expect({ status: answer.status, code: answer.code }).toEqual({ status, code })
    if (status === 200) expect(answer.environment).toBe(whose)
    expect(answer.hosts?.includes('localhost')).toBe(name.toLowerCase() !== 'other.example')
    if (code === undefined) return
    // For a host name that is not served, the gateway records only that there was one.
    const recorded = name === 'unknown.example' ? 'other' : name
    const serverName = name === '' ? null : recorded
    await harness.untilActivity((row) => row.code === code && row.server_name === serverName)
  },
)

test('curl reaches each environment by its name, also over HTTP/2', async () => {
  for (const [client, host, environment] of [
    [live, 'localhost', 'production'],
    [stage, 'other.example', 'staging'],
  ] as const) {
    const { stdout } = await run('curl', [
      ...['--silent', '--http2', '--cacert', caFile, '--cert', client.certFile, '--key', client.keyFile],
      ...['--connect-to', `${host}:443:127.0.0.1:${harness.port()}`, '--write-out', '\n%{http_version}'],
      `https://${host}/whoami`,
    ])
    const [body = '', version] = stdout.split('\n')
    expect([JSON.parse(body).environment, version]).toEqual([environment, '2'])
  }
})

test('an HTTP/2 request with different authority and host is rejected', async () => {
  const session = connectHttp2(harness.url(), { ca: harness.ca, cert: live.cert, key: live.key })
  const stream = session.request({ ':path': '/whoami', ':authority': 'localhost', host: 'other.example' })
  const [headers] = await once(stream, 'response')
  expect(headers[':status']).toBe(421)
  session.destroy()
})

test('a token of the other environment is denied', async () => {
  const { clientId, secret } = await harness.createCredential({ environment: 'staging' })
  const basic = ['--silent', '--cacert', caFile, '--connect-to', `::127.0.0.1:${harness.port()}`]
  const issued = await run('curl', [
    ...[...basic, '--cert', stage.certFile, '--key', stage.keyFile, '--user', `${clientId}:${secret}`],
    ...['--data', 'grant_type=client_credentials', 'https://other.example/token'],
  ])
  const token = JSON.parse(issued.stdout).access_token
  const call = ['--header', `authorization: Bearer ${token}`, '--cert', live.certFile, '--key', live.keyFile]
  const { stdout } = await run('curl', [...basic, ...call, 'https://localhost/payments'])
  expect(JSON.parse(stdout).code).toBe('token_invalid')
})
