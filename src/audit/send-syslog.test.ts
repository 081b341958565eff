import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { parseCheckpoint } from './checkpoint.ts'
import { sendToSyslog } from './send-syslog.ts'

test('a syslog server receives the checkpoint in the format of RFC 5424, and it can be parsed again', async () => {
  const server = createSocket('udp4')
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  const received = once(server, 'message')
  const checkpoint = {
    sequence: 12,
    hash: 'ab'.repeat(32),
    at: Date.UTC(2026, 0, 1),
    keyId: 'key_1',
    signature: new Uint8Array([1, 2, 3]),
  }
  await sendToSyslog({ host: '127.0.0.1', port: server.address().port }, checkpoint)
  const [message] = (await received) as [Buffer]
  server.close()
  const text = message.toString()
  expect(text).toMatch(
    /^<109>1 2026-01-01T00:00:00\.000Z \S+ postern \d+ audit-checkpoint - \{"sequence":12,/,
  )
  expect(parseCheckpoint(JSON.parse(text.slice(text.indexOf('{'))))).toEqual(checkpoint)
})
