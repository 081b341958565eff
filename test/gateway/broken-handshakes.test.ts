import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'

const run = promisify(execFile)
let harness: GatewayHarness

beforeAll(async () => {
  harness = await openGatewayHarness({ environments: { staging: { denials: 'drop' } } })
})
afterAll(() => harness[Symbol.asyncDispose]())

/** The start of a ClientHello whose length field says that more follows. */
const halfHello = Buffer.from('160301020001000200', 'hex')

const handshake = (...args: string[]) =>
  run('openssl', ['s_client', '-connect', `localhost:${harness.port()}`, ...args]).catch(() => undefined)

/** Sends bytes, waits, then closes or resets the connection. */
function send(bytes: Buffer | string, { milliseconds = 100, resets = false, port = harness.port() } = {}) {
  return new Promise<string>((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (data) => {
      text += data
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
    setTimeout(() => (resets ? socket.resetAndDestroy() : socket.end()), milliseconds)
  })
}

let last = 0
/** Returns the event that has been written since the last call. */
async function nextRow() {
  const rows = await harness.untilActivity(({ sequence }) => sequence > last)
  const row = rows.at(-1)
  last = row?.sequence ?? last
  return row
}

const named = ['-servername', 'localhost']

describe('a failed handshake is recorded with its cause:', () => {
  test.each([
    ['TLS 1.1', ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'], 'tls_version_unsupported', 'TLS 1.1 at most'],
    [
      'a TLS 1.2 cipher suite without forward secrecy',
      ['-tls1_2', '-cipher', 'AES128-SHA'],
      'tls_cipher_unsupported',
      'cipher',
    ],
    [
      'no accepted TLS 1.3 cipher suite',
      ['-tls1_3', '-ciphersuites', 'TLS_AES_128_CCM_SHA256'],
      'tls_cipher_unsupported',
      'cipher',
    ],
    ['no group in TLS 1.3', ['-tls1_3', '-groups', 'X448'], 'tls_group_unsupported', 'X25519'],
    ['no group in TLS 1.2', ['-tls1_2', '-groups', 'X448'], 'tls_group_unsupported', 'P-256'],
    [
      'no signature algorithm',
      ['-tls1_3', '-sigalgs', 'RSA-PSS+SHA256'],
      'tls_cipher_unsupported',
      'signature',
    ],
    ['no accepted ALPN protocol', ['-alpn', 'spdy/3,h3'], 'tls_alpn_unsupported', 'offered spdy/3, h3'],
  ])('%s', async (_what, args, code, words) => {
    await handshake(...args, ...named)
    const row = await nextRow()
    expect(row).toMatchObject({
      code,
      kind: 'connection',
      outcome: 'refused',
      client_address: '127.0.0.1',
      server_name: 'localhost',
      environment: 'production',
    })
    expect(row?.explanation).toContain(words)
  })

  test('a client that does not trust the gateway’s CA is recorded', async () => {
    await run('curl', ['--silent', harness.url()]).catch(() => undefined)
    const row = await nextRow()
    expect(row).toMatchObject({ code: 'tls_server_certificate_rejected', server_name: 'localhost' })
    expect(row?.explanation).toContain('CA file')
  })

  test.each([
    ['a connection that is closed', false],
    ['a connection that is reset', true],
  ])('%s during the handshake is recorded', async (_what, resets) => {
    await send(halfHello, { resets })
    expect(await nextRow()).toMatchObject({ code: 'tls_handshake_reset', client_address: '127.0.0.1' })
  })

  test.each([
    ['of version 1', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n')],
    ['of version 1 with unknown addresses', Buffer.from('PROXY UNKNOWN\r\n')],
    ['of version 2', Buffer.from('0d0a0d0a000d0a515549540a2111000cc0000201c0000202dc0401bb', 'hex')],
  ])('a PROXY header %s is recorded and gets no response', async (_what, bytes) => {
    expect(await send(bytes)).toBe('')
    const row = await nextRow()
    expect(row).toMatchObject({ code: 'proxy_header_unexpected', client_address: '127.0.0.1' })
    expect(row?.explanation).toContain('PROXY protocol')
  })

  test('a client that negotiates HTTP/2 but sends HTTP/1.1 is recorded', async () => {
    const client = await harness.issue()
    const { cert, key } = client
    const tls = { host: 'localhost', port: harness.port(), ca: harness.ca, cert, key, ALPNProtocols: ['h2'] }
    const socket = connectTls(tls, () => socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'))
    socket.on('error', () => {})
    await once(socket.resume(), 'close')
    const row = await nextRow()
    expect(row).toMatchObject({ code: 'tls_alpn_unsupported', certificate_id: client.id })
  })

  test('bytes that are not TLS are recorded', async () => {
    await send(Buffer.from('0001020368656c6c6f', 'hex'))
    expect(await nextRow()).toMatchObject({ code: 'tls_handshake_failed', client_address: '127.0.0.1' })
  })

  test('a client that sends nothing, or stops after its first byte, is recorded', async () => {
    await Promise.all([send('', { milliseconds: 15_000 }), send(halfHello, { milliseconds: 15_000 })])
    for (const _ of ['', halfHello])
      expect(await nextRow()).toMatchObject({ code: 'tls_handshake_timeout', client_address: '127.0.0.1' })
  })
})

test('a connection that is closed before its first byte is not recorded', async () => {
  await send('', { milliseconds: 10 })
  await send('GET / HTTP/1.1\r\n\r\n')
  expect(await nextRow()).toMatchObject({ code: 'plain_http_on_tls_port' })
})

test('an accepted connection is recorded once, with any version of TLS and HTTP', async () => {
  const client = await harness.issue()
  for (const tls of ['1.2', '1.3'])
    for (const http of ['--http1.1', '--http2']) {
      const identity = ['--cert', client.certFile, '--key', client.keyFile, '--cacert', harness.caFile]
      await run('curl', ['--silent', '--tls-max', tls, http, ...identity, `${harness.url()}/whoami`])
      expect(await nextRow()).toMatchObject({ code: null, outcome: 'ok', status: 200 })
    }
})

test('plain HTTP gets no response if denials are dropped, and its cause is still recorded', async () => {
  const answer = await send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', { port: harness.port('staging') })
  expect(answer).toBe('')
  expect(await nextRow()).toMatchObject({ code: 'plain_http_on_tls_port', environment: 'staging' })
})

test('failed handshakes pass nothing to the upstream', () => {
  expect(harness.upstream.calls).toEqual([])
})
