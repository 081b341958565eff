import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { issueCertificate } from '../support/certificates.ts'
import { expectWithin } from '../support/expect-within.ts'
import { type ClientIdentity, readIdentity } from '../support/gateway-client.ts'
import { type RunningPostern, startPostern } from '../support/postern.ts'
import { findOwners, listProcesses } from '../support/processes.ts'

const rounds = 5
const perProcess = 4
const maxConnections = 200

let postern: RunningPostern
let admin: ApiClient

beforeAll(async () => {
  postern = await startPostern({ config: { gateway: { processes: 2 } } })
  admin = await signInFirst(postern, 'admin@acme.example')
})
afterAll(async () => {
  await postern?.stop()
  expect(listProcesses(postern)).toEqual([])
})

/** An open connection on which a request has been answered. */
interface Open {
  protocol: 'HTTP/1.1' | 'HTTP/2'
  clientPort: number
  /** When the other side closed it, `performance.now()`. */
  closedAt: Promise<number>
  close(): void
}

async function open(protocol: Open['protocol'], identity: ClientIdentity): Promise<Open> {
  const port = Number(new URL(postern.gateways.production as string).port)
  const socket: TLSSocket = connect({
    host: '127.0.0.1',
    servername: 'localhost',
    port,
    ca: readFileSync(postern.serverCaFile),
    ALPNProtocols: [protocol === 'HTTP/2' ? 'h2' : 'http/1.1'],
    ...identity,
  })
  socket.on('error', () => {})
  // A reset also closes the connection; `once` would reject on its error.
  const closedAt = new Promise<number>((resolve) => socket.once('close', () => resolve(performance.now())))
  await once(socket, 'secureConnect')
  if (protocol === 'HTTP/1.1') await callHttp1(socket)
  else await callHttp2(socket)
  return {
    protocol,
    clientPort: (socket.address() as AddressInfo).port,
    closedAt,
    close: () => socket.destroy(),
  }
}

async function callHttp1(socket: TLSSocket): Promise<void> {
  socket.write('GET /whoami HTTP/1.1\r\nhost: localhost\r\n\r\n')
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toMatch(/^HTTP\/1.1 200 /)
  socket.resume()
}

async function callHttp2(socket: TLSSocket): Promise<void> {
  const session = connectHttp2('https://localhost', { createConnection: () => socket })
  session.on('error', () => {})
  const stream = session.request({ ':path': '/whoami' })
  const [headers] = await once(stream, 'response')
  expect(headers[':status']).toBe(200)
  stream.resume()
  await once(stream, 'end')
}

/** Opens connections of one kind until each gateway process holds `count`; the kernel distributes them. */
async function openOnBoth(protocol: Open['protocol'], identity: ClientIdentity): Promise<Open[]> {
  const pids = postern.findProcesses('gateway-process')
  expect(pids).toHaveLength(2)
  const port = Number(new URL(postern.gateways.production as string).port)
  const kept = new Map<number, Open[]>(pids.map((pid) => [pid, []]))
  for (let count = 0; count < maxConnections; count++) {
    const connection = await open(protocol, identity)
    const own = kept.get(findOwners(port, pids).get(connection.clientPort) ?? 0)
    if (own !== undefined && own.length < perProcess) own.push(connection)
    else connection.close()
    if ([...kept.values()].every(({ length }) => length === perProcess)) return [...kept.values()].flat()
  }
  throw new Error('the kernel gave one process no connection')
}

test('a revocation closes every open connection of the certificate on every gateway process', {
  timeout: 180_000,
}, async () => {
  const sinceAsked: number[] = []
  const sinceAnswer: number[] = []
  const other = await issueCertificate(admin, 'acme')
  const bystander = await open('HTTP/1.1', readIdentity(other.files))
  let wasBystanderCut = false
  void bystander.closedAt.then(() => {
    wasBystanderCut = true
  })
  for (let round = 0; round < rounds; round++) {
    const { certificate, files } = await issueCertificate(admin, 'acme')
    const identity = readIdentity(files)
    const connections = [
      ...(await openOnBoth('HTTP/1.1', identity)),
      ...(await openOnBoth('HTTP/2', identity)),
    ]
    const asked = performance.now()
    await admin.call(operations.revokeCertificate, {
      params: { organization: 'acme', certificateId: certificate.id },
      body: { reason: 'key_compromise', name: certificate.name },
    })
    const answered = performance.now()
    for (const { closedAt } of connections) {
      const closed = await closedAt
      sinceAsked.push(closed - asked)
      sinceAnswer.push(closed - answered)
    }
  }
  const describe = (values: number[]) => {
    const sorted = values.toSorted((a, b) => a - b).map((value) => value.toFixed(1))
    return `${sorted[0]} / ${sorted[Math.floor(sorted.length / 2)]} / ${sorted.at(-1)} ms (min / median / max)`
  }
  console.info(
    [
      `${sinceAnswer.length} connections on two gateway processes were cut by ${rounds} revocations:`,
      `from the API's answer: ${describe(sinceAnswer)}; below zero means before the answer`,
      `from the request to revoke: ${describe(sinceAsked)}`,
    ].join('\n'),
  )
  expectWithin('the last connection cut after the answer', 2000, Math.max(...sinceAnswer))
  expect(wasBystanderCut).toBe(false)
  bystander.close()
})
