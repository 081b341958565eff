import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGuardedLookup } from './guard-addresses.ts'
import { createResolveHost } from './resolve-host.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-hosts-'))
const hostsFile = join(folder, 'hosts')
const sockets: Socket[] = []
const answers: Record<number, Buffer> = {
  1: Buffer.from([192, 0, 2, 7]),
  28: Buffer.from('20010db8000000000000000000000007', 'hex'),
}
/** A DNS server (RFC 1035) that has both kinds of addresses for names of seven letters, and none for others. */
const answer = (query: Buffer): Buffer => {
  const end = query.indexOf(0, 12) + 5
  const type = query.readUInt16BE(end - 4)
  const data = query[12] === 7 ? answers[type] : undefined
  const header = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, data ? 0x80 : 0x83, 0, 1, 0, data ? 1 : 0])
  const record = data ? [Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length]), data] : []
  return Buffer.concat([header, Buffer.alloc(4), query.subarray(12, end), ...record])
}
const listen = async (doesAnswer: boolean): Promise<string> => {
  const socket = createSocket('udp4')
  sockets.push(socket)
  if (doesAnswer) socket.on('message', (query, { port }) => socket.send(answer(query), port, '127.0.0.1'))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return `127.0.0.1:${socket.address().port}`
}
let working = ''
let silent = ''
beforeAll(async () => {
  writeFileSync(
    hostsFile,
    '# 10.9.9.9 hooks.internal\n10.1.0.1 other hooks.internal # ours\nfd00::1\tHooks.Internal\n',
  )
  ;[working, silent] = [await listen(true), await listen(false)]
})
afterAll(() => {
  for (const socket of sockets) socket.close()
  rmSync(folder, { recursive: true })
})

const resolve = (host: string, settings: Parameters<typeof createResolveHost>[0] = { servers: [working] }) =>
  new Promise((done) =>
    createResolveHost({ hostsFile, ...settings })(host, { all: true }, (error, found) =>
      done(error === null ? found : error.code),
    ),
  )

test('a name is resolved to the addresses of both families', async () => {
  expect(await resolve('trading.example')).toEqual([
    { address: '192.0.2.7', family: 4 },
    { address: '2001:db8::7', family: 6 },
  ])
  expect(await resolve('unknown-name.example')).toBe('ENOTFOUND')
})

test('a name of the hosts file is not asked of DNS, and localhost is what the machine says', async () => {
  expect(await resolve('hooks.internal', { servers: [silent] })).toEqual([
    { address: '10.1.0.1', family: 4 },
    { address: 'fd00::1', family: 6 },
  ])
  expect(await resolve('localhost', { servers: [silent] })).toContainEqual({
    address: '127.0.0.1',
    family: 4,
  })
})

test('DNS that does not answer is left after the time limit', async () => {
  expect(await resolve('slow.example', { servers: [silent], timeoutMs: 100 })).toBe('EAI_AGAIN')
})

test('looking up a name of a customer holds no thread', () => {
  const lookup = createGuardedLookup({ allowPrivate: false, allowPlain: false })
  const count = () => process.getActiveResourcesInfo().filter((name) => name === 'GetAddrInfoReqWrap').length
  const before = count()
  lookup('hooks.acme.example', { all: true }, () => {})
  expect(count()).toBe(before)
})
