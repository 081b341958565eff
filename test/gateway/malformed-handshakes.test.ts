import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { catchClientHellos } from '../fuzz/catch-client-hellos.ts'
import { damagedBytes } from '../support/damaged-bytes.ts'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'

const run = promisify(execFile)
let harness: GatewayHarness
let client: TestClient
/** A ClientHello without its record: header and body of the handshake message. */
let hello: Buffer

beforeAll(async () => {
  harness = await openGatewayHarness()
  client = await harness.issue()
  hello = Buffer.from((await catchClientHellos()).at(-1) as Uint8Array).subarray(5)
})
afterAll(() => harness[Symbol.asyncDispose]())

const types = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23, heartbeat: 24 }

/** Creates one record (RFC 8446, section 5.1); `length` is the length in its header if that is false. */
function record(type: number, body: Uint8Array, { version = 0x0301, length = body.length } = {}): Buffer {
  const header = Buffer.from([type, version >> 8, version & 255, length >> 8, length & 255])
  return Buffer.concat([header, body])
}
const message = (type: number, body: Uint8Array, length = body.length) =>
  Buffer.concat([Buffer.from([type, length >> 16, (length >> 8) & 255, length & 255]), body])
const repeat = (count: number, bytes: Buffer) => Buffer.concat(Array.from({ length: count }, () => bytes))
/** Adds an extension to the ClientHello. */
function withExtension(extension: Buffer, count = 1): Buffer {
  const extensionsAt = findExtensions()
  const added = repeat(count, extension)
  const extensions = Buffer.concat([hello.subarray(extensionsAt + 2), added])
  const size = Buffer.from([extensions.length >> 8, extensions.length & 255])
  return message(1, Buffer.concat([hello.subarray(4, extensionsAt), size, extensions]))
}
/** Returns the offset of the extensions' length (RFC 8446, section 4.1.2). */
function findExtensions(): number {
  const sessionAt = 4 + 2 + 32
  const ciphersAt = sessionAt + 1 + hello.readUInt8(sessionAt)
  const compressionAt = ciphersAt + 2 + hello.readUInt16BE(ciphersAt)
  return compressionAt + 1 + hello.readUInt8(compressionAt)
}
function changed(at: number, ...octets: number[]): Buffer {
  const copy = Buffer.from(hello)
  for (const [index, octet] of octets.entries()) copy[at + index] = octet
  return copy
}

/** Sends bytes; returns what arrives until either side closes the connection. */
async function send(bytes: Uint8Array, most = 3000): Promise<{ answer: Buffer; isClosed: boolean }> {
  const socket = connect(harness.port(), '127.0.0.1')
  const chunks: Buffer[] = []
  let isClosed = true
  socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => {})
  socket.write(bytes)
  const timer = setTimeout(() => {
    isClosed = false
    socket.destroy()
  }, most)
  await once(socket, 'close')
  clearTimeout(timer)
  return { answer: Buffer.concat(chunks), isClosed }
}

async function callHonestly(): Promise<number> {
  const { cert, key } = client
  const asked = request(`${harness.url()}/whoami`, { ca: harness.ca, cert, key, agent: false })
  asked.end()
  const [response] = await once(asked, 'response')
  response.resume()
  return response.statusCode
}

describe('the gateway ends a malformed handshake with an alert and without a response:', () => {
  const handshake = (body: Uint8Array) => record(types.handshake, body)
  test.each<[string, () => Uint8Array]>([
    ['a record that is too long', () => record(types.handshake, Buffer.alloc(17_000), { length: 17_000 })],
    ['a record of an unknown type', () => record(99, hello)],
    ['a record of an unknown version', () => record(types.handshake, hello, { version: 0x0a0a })],
    ['a heartbeat', () => record(types.heartbeat, Buffer.from([1, 0x40, 0, 0]))],
    ['application data first', () => record(types.applicationData, Buffer.from('GET / HTTP/1.1\r\n\r\n'))],
    ['a message of an unknown type', () => handshake(message(0x7f, Buffer.alloc(4)))],
    ['Finished before the handshake', () => handshake(message(20, Buffer.alloc(12)))],
    ['ClientKeyExchange before the handshake', () => handshake(message(16, Buffer.alloc(33)))],
    ['a ServerHello', () => handshake(message(2, hello.subarray(4)))],
    ['a ClientHello of sixteen megabytes', () => handshake(message(1, Buffer.alloc(1000), 0xffffff))],
    ['a ClientHello that is shorter than its length', () => handshake(message(1, hello.subarray(4, 60)))],
    [
      'a ClientHello with trailing data',
      () => handshake(message(1, Buffer.concat([hello.subarray(4), Buffer.alloc(9)]))),
    ],
    ['a session ID that is too long', () => handshake(changed(4 + 2 + 32, 200))],
    ['no cipher suites', () => handshake(changed(4 + 2 + 32 + 1 + hello.readUInt8(38), 0, 0))],
    [
      'an odd number of octets of cipher suites',
      () => handshake(changed(4 + 2 + 32 + 1 + hello.readUInt8(38), 0, 3)),
    ],
    ['extensions that are longer than the message', () => handshake(changed(findExtensions(), 0xff, 0xff))],
    [
      'an early data extension without a session',
      () =>
        Buffer.concat([
          handshake(withExtension(Buffer.from([0, 42, 0, 0]))),
          record(types.applicationData, Buffer.alloc(100, 7)),
        ]),
    ],
    ['two ClientHellos', () => Buffer.concat([handshake(hello), handshake(hello)])],
    [
      'garbage instead of the client’s Finished',
      () => Buffer.concat([handshake(hello), record(types.applicationData, Buffer.alloc(64, 1))]),
    ],
    [
      'two ChangeCipherSpecs and an invalid one',
      () => Buffer.concat([handshake(hello), record(types.changeCipherSpec, Buffer.from([2]))]),
    ],
    [
      'a thousand warnings',
      () => Buffer.concat([handshake(hello), repeat(1000, record(types.alert, Buffer.from([1, 90])))]),
    ],
    ['a fatal alert', () => Buffer.concat([handshake(hello), record(types.alert, Buffer.from([2, 40]))])],
    [
      'an SSL 2 ClientHello',
      () => Buffer.concat([Buffer.from('802e010002001500000010', 'hex'), Buffer.alloc(37, 1)]),
    ],
  ])('%s', async (_what, make) => {
    const { answer, isClosed } = await send(make())
    expect(isClosed).toBe(true)
    expect(answer.toString('latin1')).not.toContain('HTTP/1.1')
    expect(harness.upstream.calls).toEqual([])
  })

  test('malformed handshakes do not affect other connections', async () => {
    expect(await callHonestly()).toBe(200)
  })
})

test('a ClientHello is accepted if each octet comes in its own record', async () => {
  const pieces = [...hello].map((octet) => record(types.handshake, Buffer.from([octet])))
  const { answer } = await send(Buffer.concat(pieces), 500)
  // A ServerHello (RFC 8446, section 4.1.3) and what follows it.
  expect([answer[0], answer[5]]).toEqual([types.handshake, 2])
})

test.each<[string, () => Buffer]>([
  ['an empty record first', () => Buffer.concat([record(22, Buffer.alloc(0)), record(22, hello)])],
  ['a repeated unknown extension', () => record(22, withExtension(Buffer.from([0xfa, 0xce, 0, 0]), 2))],
])('a hello that OpenSSL forgives gets no further than a ServerHello: %s', async (_what, make) => {
  const { answer, isClosed } = await send(make(), 300)
  expect([answer[0], answer[5], isClosed]).toEqual([types.handshake, 2, false])
  expect(harness.upstream.calls).toEqual([])
})

test('hundreds of simultaneous malformed ClientHellos do not stop the gateway', {
  timeout: 60_000,
}, async () => {
  const whole = record(types.handshake, hello)
  const damaged = fc.sample(damagedBytes([whole]), { numRuns: 300, seed: 42 })
  const before = process.memoryUsage().rss
  const sent = Promise.all(damaged.map((bytes) => send(bytes, 1000)))
  expect(await callHonestly()).toBe(200)
  const answers = await sent
  expect(await callHonestly()).toBe(200)
  expect(answers.some(({ answer }) => answer.includes('HTTP/1.1'))).toBe(false)
  expect(process.memoryUsage().rss - before).toBeLessThan(200e6)
  expect(harness.upstream.calls).toEqual([])
})

const identity = () => ['-cert', client.certFile, '-key', client.keyFile]
const place = () => ['-connect', `localhost:${harness.port()}`, '-servername', 'localhost', ...identity()]

test('the gateway denies renegotiation in TLS 1.2', async () => {
  const openssl = spawn('openssl', ['s_client', '-tls1_2', ...place()])
  let told = ''
  for (const stream of [openssl.stdout, openssl.stderr]) stream.on('data', (text) => (told += text))
  while (!told.includes('Verify return code')) await wait(20)
  openssl.stdin.write('R\n')
  await Promise.race([once(openssl, 'close'), wait(3000)])
  openssl.kill()
  expect(told).toMatch(/no renegotiation/)
})

test.each(['-tls1_2', '-tls1_3'])(
  'the gateway never resumes a session and accepts no early data (%s)',
  async (version) => {
    const file = join(harness.folder, `session${version}`)
    const early = join(harness.folder, 'early')
    const call = 'GET /whoami HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    writeFileSync(early, call)
    const first = await converse(call, version, '-sess_out', file)
    expect(first).toContain('HTTP/1.1 200')
    const { stdout } = await run('openssl', ['sess_id', '-in', file, '-noout', '-text'])
    if (version === '-tls1_3') expect(stdout).toContain('Max Early Data: 0')
    const with0Rtt = version === '-tls1_3' ? ['-early_data', early] : []
    const again = await converse('', version, '-sess_in', file, ...with0Rtt)
    expect(again).toMatch(/^New, /m)
    expect(again).not.toMatch(/^Reused, |Early data was accepted|HTTP\/1\.1 200/m)
  },
)

/** Returns the output of `openssl s_client` for a connection that sends `text`. */
async function converse(text: string, ...options: string[]): Promise<string> {
  const openssl = spawn('openssl', ['s_client', ...place(), ...options])
  if (text === '') openssl.stdin.end()
  else openssl.stdin.write(text)
  let told = ''
  for await (const chunk of openssl.stdout) told += chunk
  return told
}
