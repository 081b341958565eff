import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, get, type Server } from 'node:http'
import { get as getOverTls } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { ensureDevelopmentTls } from '../../src/signer/development-tls.ts'
import { until } from '../support/certificates.ts'
import { findFreePort } from '../support/postgres.ts'
import { startProgram } from '../support/proxy-program.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-two-portals-'))
const hosts = ['127.0.0.21', '127.0.0.22']

/** What the balancer sees of a portal: whether it is ready, and which requests it gets. */
interface Portal {
  isReady: boolean
  seen: { url: string; forwardedFor: string | undefined }[]
  servers: Server[]
}

let portals: Portal[]
let port: number
let plainPort: number
let stop: (() => Promise<void>) | undefined

async function openPortal(host: string, ports: readonly number[]): Promise<Portal> {
  const portal: Portal = { isReady: true, seen: [], servers: [] }
  for (const one of ports) {
    const server = createServer((request, response) => {
      if (request.url === '/readyz') return void response.writeHead(portal.isReady ? 200 : 503).end()
      const forwardedFor = request.headers['x-forwarded-for'] as string | undefined
      portal.seen.push({ url: request.url ?? '', forwardedFor })
      response.end(host)
    })
    await once(server.listen(one, host), 'listening')
    portal.servers.push(server)
  }
  return portal
}

beforeAll(async () => {
  const [portalPort, publicationPort] = [await findFreePort(), await findFreePort()]
  ;[port, plainPort] = [await findFreePort(), await findFreePort()]
  portals = await Promise.all(hosts.map((host) => openPortal(host, [portalPort, publicationPort])))
  const [certificateFile, keyFile] = [join(folder, 'portal.crt'), join(folder, 'portal.key')]
  await ensureDevelopmentTls(
    { certificateFile, keyFile, serverCaFile: join(folder, 'ca.pem') },
    ['localhost'],
    systemClock,
  )
  const pem = join(folder, 'portal.pem')
  writeFileSync(pem, [certificateFile, keyFile].map((file) => readFileSync(file, 'utf8')).join('\n'))
  const file = join(folder, 'portals.cfg')
  const text = readFileSync(join(import.meta.dirname, '../../deploy/haproxy/portals.cfg'), 'utf8')
    .replaceAll('/etc/haproxy/tls/portal.pem', pem)
    .replaceAll('/run/haproxy/', `${folder}/`)
    .replace('bind :443', `bind 127.0.0.1:${port}`)
    .replace('bind :80', `bind 127.0.0.1:${plainPort}`)
    .replaceAll('10.0.0.2', '127.0.0.2')
    .replaceAll(':3000', `:${portalPort}`)
    .replaceAll('port 3000', `port ${portalPort}`)
    .replaceAll(':8080', `:${publicationPort}`)
  writeFileSync(file, text)
  stop = await startProgram(['haproxy', '-db', '-f', file], process.env, port)
})
afterAll(async () => {
  await stop?.()
  for (const { servers } of portals ?? [])
    for (const server of servers) {
      server.close()
      server.closeAllConnections()
    }
  rmSync(folder, { recursive: true, force: true })
})

/** Sends a request on a connection of its own, and returns the status and which portal has answered. */
const ask = (path: string, isPlain = false) =>
  new Promise<string>((resolve, reject) => {
    const headers = { 'x-forwarded-for': '192.0.2.66' }
    const request = isPlain
      ? get({ host: '127.0.0.1', port: plainPort, path, headers, agent: false })
      : getOverTls({
          host: 'localhost',
          port,
          path,
          headers,
          agent: false,
          ca: readFileSync(join(folder, 'ca.pem')),
        })
    request.on('error', reject)
    request.on('response', async (response) => {
      let body = ''
      for await (const part of response) body += part
      resolve(`${response.statusCode} ${body}`)
    })
  })
const askOften = async (isPlain = false) => {
  const answers: string[] = []
  for (let n = 0; n < 8; n += 1) answers.push(await ask('/api/v1/session', isPlain))
  return [...new Set(answers)].toSorted()
}

test('HAProxy asks both portals in turn, and names the client in place of what it claims', async () => {
  const both = hosts.map((host) => `200 ${host}`)
  expect(await askOften()).toEqual(both)
  expect(await askOften(true)).toEqual(both)
  const seen = portals.flatMap((portal) => portal.seen)
  expect(new Set(seen.map(({ forwardedFor }) => forwardedFor))).toEqual(new Set(['127.0.0.1']))
})

test('a portal that is not ready gets no request until it is ready again', async () => {
  const [first] = portals as [Portal]
  first.isReady = false
  const other = [`200 ${hosts[1]}`]
  await until(askOften, (answers) => String(answers) === String(other), 30)
  const before = first.seen.length
  expect([await askOften(), await askOften(true)]).toEqual([other, other])
  expect(first.seen.length).toBe(before)
  first.isReady = true
  await until(askOften, (answers) => answers.length === 2, 30)
})
