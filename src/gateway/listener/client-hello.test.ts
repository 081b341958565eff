import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import { connect as connectTls } from 'node:tls'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { readClientHello } from './client-hello.ts'

let hello: Buffer

/** Returns Node's ClientHello. */
beforeAll(async () => {
  hello = await new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.once('data', (bytes: Buffer) => {
        resolve(bytes)
        socket.destroy()
        server.close()
      })
    }).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      const socket = connect(port, '127.0.0.1')
      const options = {
        servername: 'api.example.com',
        ecdhCurve: 'X25519:P-384',
        maxVersion: 'TLSv1.3',
        ALPNProtocols: ['h2', 'http/1.1'],
      } as const
      connectTls({ socket, ...options }).on('error', () => {})
    })
  })
})

test('the server name, versions, groups and protocols of a ClientHello are read', () => {
  expect(readClientHello(hello)).toEqual({
    serverName: 'api.example.com',
    newestVersion: 0x0304,
    groups: [0x1d, 0x18],
    protocols: ['h2', 'http/1.1'],
  })
})

test('a truncated or damaged ClientHello is read without an error', () => {
  for (let length = 0; length < hello.length; length += 1)
    expect(() => readClientHello(hello.subarray(0, length))).not.toThrow()
  fc.assert(
    fc.property(fc.nat(hello.length - 1), fc.nat(255), (position, octet) => {
      const damaged = Buffer.from(hello)
      damaged[position] = octet
      readClientHello(damaged)
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void readClientHello(Buffer.from(bytes))),
  )
})

test('bytes that are not a ClientHello are read as undefined', () => {
  expect(readClientHello(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toBeUndefined()
  expect(readClientHello(Buffer.alloc(0))).toBeUndefined()
})
