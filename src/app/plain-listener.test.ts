import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, BoundSocket } from 'node:net'
import Fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { backlog } from '../backlog.ts'
import { listenAt } from '../gateway/socket/listen-at.ts'
import { openPort } from './plain-listener.ts'

const most = Math.min(backlog, Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8')))
/** How many connections may wait at a port. */
const readBacklog = (port: number): number =>
  Number(execFileSync('ss', ['-ltnH', `sport = :${port}`], { encoding: 'utf8' }).split(/\s+/)[2])

function hold(): { port: number; descriptor: number } {
  const socket = new BoundSocket({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => socket.close())
  return { port: socket.address().port, descriptor: socket.fd() }
}

test('as many connections may wait at an inherited socket as at a port of its own', async () => {
  const { port, descriptor } = hold()
  const sockets = new Map([[port, [descriptor]]])
  for (const own of [
    { host: '127.0.0.1', port },
    { host: '127.0.0.1', port: 0 },
  ]) {
    const server = Fastify()
    onTestFinished(() => server.close())
    await openPort(server, own, sockets)
    expect(readBacklog((server.server.address() as AddressInfo).port)).toBe(most)
  }
  const given = hold()
  const gateway = createServer()
  const address = { host: '127.0.0.1', port: given.port, descriptors: [given.descriptor] }
  const listening = await listenAt(gateway, address)
  onTestFinished(() => listening.close())
  expect(readBacklog(given.port)).toBe(most)
})
