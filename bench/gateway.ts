import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { operations } from '../src/contract/operations.ts'
import { toPem } from '../src/pki/text/pem.ts'
import { signInFirst } from '../test/support/api.ts'
import { createTestCredential, fetchToken, issueCertificate } from '../test/support/certificates.ts'
import { readIdentity } from '../test/support/gateway-client.ts'
import { startPostern } from '../test/support/postern.ts'
import { findFreePort } from '../test/support/postgres.ts'
import { openPeers, type Peer } from './gateway-peers.ts'
import { type Load, putUnderLoad } from './http-load.ts'
import { measureIdle } from './idle-connections.ts'
import { cpuSeconds, median } from './server-time.ts'

/**
 * Compares the gateway with nginx, Caddy and oidc-provider: each alone on one core, load and API on the
 * other.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: 'handshake,token,call,edge,idle' },
    idle: { type: 'string', default: '5000' },
  },
})
const seconds = Number(values.seconds)
const rounds = Number(values.rounds)
const [serverCore, otherCore] = ['0', '1']
const connections = 16

const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'))
const files = {
  folder,
  certificate: join(folder, 'server.pem'),
  key: join(folder, 'server.key'),
  clientCa: join(folder, 'client-ca.pem'),
  clientCas: ['root.pem', 'issuing.pem'].map((name) => join(folder, name)),
  revocationLists: join(folder, 'crl.pem'),
}
const peers = openPeers(files, serverCore, otherCore)
const api = await peers.startApi()
const authorizerPort = await findFreePort()
const scopes = [{ name: 'payments:read' }]
const postern = await startPostern({
  config: {
    gateway: { processes: 1 },
    authorizer: { port: authorizerPort },
    environments: {
      production: { port: 1, live: true, upstream: `http://127.0.0.1:${api}`, scopes },
      staging: { port: 2, upstream: `http://127.0.0.1:${api}` },
    },
  },
})

const pin = (core: string, processId: number) => spawnSync('taskset', ['-acp', core, String(processId)])
const [gatewayProcess] = postern.findProcesses('gateway-process') as [number]
for (const other of [process.pid, postern.processId, ...postern.findProcesses('portal-process')])
  pin(otherCore, other)
pin(serverCore, gatewayProcess)
const gateway: Peer = {
  port: Number(new URL(postern.gateways.production as string).port),
  processIds: () => [gatewayProcess],
}

const admin = await signInFirst(postern, 'admin@acme.example')
const operator = await signInFirst(postern, 'operator@postern.example')
const { files: clientFiles } = await issueCertificate(admin, 'acme')
const credential = await createTestCredential(admin, 'acme')
const token = await fetchToken(postern, clientFiles, credential)
const identity = readIdentity(clientFiles)

const { items } = await operator.call(operations.listCertificateAuthorities)
const trusted = items.filter(({ environment }) => environment === null || environment === 'production')
const fetchBytes = async (address: string) => new Uint8Array(await (await fetch(address)).arrayBuffer())
const certificates = await Promise.all(trusted.map((one) => fetchBytes(one.certificateUrl ?? '')))
const lists = await Promise.all(trusted.map((one) => fetchBytes(one.revocationListUrl ?? '')))
writeFileSync(files.clientCa, certificates.map((der) => toPem('CERTIFICATE', der)).join(''))
for (const [index, file] of files.clientCas.entries())
  writeFileSync(file, toPem('CERTIFICATE', certificates[index] as Uint8Array))
writeFileSync(files.revocationLists, lists.map((der) => toPem('X509 CRL', der)).join(''))
for (const [to, from] of [
  [files.certificate, 'gateway.pem'],
  [files.key, 'gateway.key'],
] as const)
  writeFileSync(to, readFileSync(join(postern.dataFolder, 'tls', from)))

const request = (line: string, headers: string[], body = '') =>
  Buffer.from([line, 'Host: localhost', ...headers, `Content-Length: ${body.length}`, '', body].join('\r\n'))
const basic = Buffer.from(`${credential.clientId}:${credential.clientSecret}`).toString('base64')
const form = 'Content-Type: application/x-www-form-urlencoded'
const grant = 'grant_type=client_credentials&scope=payments%3Aread'
const requests = {
  whoami: request('GET /whoami HTTP/1.1', []),
  token: request('POST /token HTTP/1.1', [`Authorization: Basic ${basic}`, form], grant),
  call: request('GET /payments HTTP/1.1', [`Authorization: Bearer ${token}`]),
}

interface Contestant {
  name: string
  peer: Peer
  request: Buffer
}

const tls = { ...identity, ca: readFileSync(postern.serverCaFile), ALPNProtocols: ['http/1.1'] }
const loadOf = ({ peer, request: bytes }: Contestant, keepsAlive: boolean, duration: number): Load => ({
  port: peer.port,
  tls,
  next: () => bytes,
  keepsAlive,
  connections,
  seconds: duration,
  check(answer) {
    if (answer.toString('latin1', 0, 12) !== 'HTTP/1.1 200')
      throw new Error(`not an answer to measure: ${answer.toString('latin1', 0, 400)}`)
  },
})

interface Round {
  perCpuSecond: number
  perSecond: number
  p99: number
  serverBusy: number
  loadBusy: number
}

async function measure(contestant: Contestant, keepsAlive: boolean): Promise<Round> {
  const processIds = contestant.peer.processIds()
  const [before, loadBefore, start] = [cpuSeconds(processIds), process.cpuUsage(), performance.now()]
  const { answers, answersPerSecond, p99 } = await putUnderLoad(loadOf(contestant, keepsAlive, seconds))
  const elapsed = (performance.now() - start) / 1000
  const used = cpuSeconds(processIds) - before
  const { user, system } = process.cpuUsage(loadBefore)
  return {
    perCpuSecond: answers / used,
    perSecond: answersPerSecond,
    p99,
    serverBusy: used / elapsed,
    loadBusy: (user + system) / 1e6 / elapsed,
  }
}

/** Runs all servers in turn, round by round; the ratios are those of Postern to each. */
async function compare(title: string, contestants: Contestant[], keepsAlive: boolean): Promise<void> {
  for (const contestant of contestants) await putUnderLoad(loadOf(contestant, keepsAlive, seconds))
  const results = contestants.map(() => [] as Round[])
  for (let round = 0; round < rounds; round += 1)
    for (const [index, contestant] of contestants.entries())
      results[index]?.push(await measure(contestant, keepsAlive))
  process.stdout.write(`${title}\n`)
  const middle = (index: number, of: (round: Round) => number) => median((results[index] ?? []).map(of))
  for (const [index, { name }] of contestants.entries()) {
    const cpu = middle(index, (round) => round.perCpuSecond)
    const spread = (results[index] ?? []).map((round) => Math.round(round.perCpuSecond))
    const wall = middle(index, (round) => round.perSecond)
    const ratio = (of: (round: Round) => number) => (middle(0, of) / middle(index, of)).toFixed(2)
    process.stdout.write(
      `  ${name}: ${Math.round(cpu)}/s of CPU (${Math.min(...spread)} to ${Math.max(...spread)}), ${Math.round(wall)}/s, p99 ${middle(index, (round) => round.p99).toFixed(1)} ms, ` +
        `server ${percent(middle(index, (round) => round.serverBusy))}, load ${percent(middle(index, (round) => round.loadBusy))}` +
        `${index === 0 ? '' : `; Postern to it: ${ratio((round) => round.perCpuSecond)} × per CPU, ${ratio((round) => round.perSecond)} × by the clock`}\n`,
    )
  }
}
const percent = (share: number) => `${Math.round(share * 100)} %`

const benches: Record<string, () => Promise<void>> = {
  async handshake() {
    const ours = { name: 'Postern, GET /whoami', peer: gateway, request: requests.whoami }
    const theirs = { name: 'nginx, ssl_verify_client and ssl_crl', peer: await peers.startNginxMtls() }
    const caddy = { name: 'Caddy, client_auth, forwarding', peer: await peers.startCaddy(api) }
    const rest = [theirs, caddy].map((one) => ({ ...one, request: requests.whoami }))
    await compare('full TLS 1.3 handshake with client certificate and one request', [ours, ...rest], false)
  },
  async token() {
    const { clientId, clientSecret } = credential
    const peer = await peers.startOidcProvider(clientId, clientSecret ?? '')
    const ours = { name: 'Postern', peer: gateway, request: requests.token }
    await compare(
      'token request, connections kept',
      [ours, { name: 'oidc-provider', peer, request: requests.token }],
      true,
    )
  },
  async call() {
    const nginx = await peers.startNginxAuthRequest(api)
    const caddy = await peers.startCaddy(api)
    const bare = await peers.startBareForwarder(api)
    await compare(
      'call through the proxy, connections kept',
      [
        { name: 'Postern', peer: gateway, request: requests.call },
        { name: 'nginx, auth_request to a constant 204', peer: nginx, request: requests.call },
        { name: 'Caddy, client_auth and reverse_proxy', peer: caddy, request: requests.call },
        { name: 'Node and undici that check nothing', peer: bare, request: requests.call },
      ],
      true,
    )
  },
  async edge() {
    const nginx = await peers.startNginxWithAuthorizer(api, authorizerPort)
    const keeping = await peers.startNginxWithAuthorizer(api, authorizerPort, true)
    const withGateway = (one: Peer) => ({
      port: one.port,
      processIds: () => [...one.processIds(), gatewayProcess],
    })
    const constant = await peers.startNginxAuthRequest(api)
    await compare(
      'call through nginx, connections kept',
      [
        { name: "nginx with Postern's authorizer", peer: withGateway(nginx), request: requests.call },
        { name: 'nginx, auth_request to a constant 204', peer: constant, request: requests.call },
      ],
      true,
    )
    await compare(
      'the same with verdicts that nginx keeps for a second',
      [
        { name: "nginx with Postern's authorizer", peer: withGateway(keeping), request: requests.call },
        { name: 'nginx, auth_request to a constant 204', peer: constant, request: requests.call },
      ],
      true,
    )
  },
  async idle() {
    const count = Number(values.idle)
    const ours = await measureIdle(gateway, tls, count, requests.whoami)
    const theirs = await measureIdle(await peers.startNginxMtls(), tls, count, requests.whoami)
    const bare = await measureIdle(await peers.startBareForwarder(api), tls, count, requests.call)
    process.stdout.write(
      `memory of each of ${count} idle connections\n  Postern: ${kilobytes(ours)}\n  nginx: ${kilobytes(theirs)}; Postern to it: ${(ours / theirs).toFixed(1)} ×\n  Node and undici that check nothing: ${kilobytes(bare)}; Postern to it: ${(ours / bare).toFixed(1)} ×\n`,
    )
  },
}
const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`

try {
  process.stdout.write(`${connections} connections, median of ${rounds} rounds of ${seconds} s\n`)
  for (const name of values.only.split(',')) {
    const bench = benches[name]
    if (bench === undefined) throw new Error(`There is no ${name}; there are ${Object.keys(benches)}.`)
    await bench()
    await wait(500)
  }
} finally {
  peers.close()
  await postern.stop()
  rmSync(folder, { recursive: true, force: true })
}
