import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { ApiClient } from '../test/support/api.ts'
import { startPostern } from '../test/support/postern.ts'
import { addOrganization } from '../test/support/users.ts'
import { type Load, type LoadResult, putUnderLoad } from './http-load.ts'
import { makeRequests } from './make-requests.ts'
import { cpuSeconds, median } from './server-time.ts'
import { startCfssl } from './start-cfssl.ts'

/**
 * Measures certificates over HTTP: Postern's REST API, which stores them, and `cfssl serve`, each alone on
 * one core.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
    customers: { type: 'string', default: '32' },
    requests: { type: 'string', default: '40000' },
  },
})
const seconds = Number(values.seconds)
const rounds = Number(values.rounds)
const customers = Number(values.customers)
const [serverCore, otherCore] = ['0', '1']

const pin = (core: string, processId: number) => spawnSync('taskset', ['-acp', core, String(processId)])
const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'))
const csrs = makeRequests(Number(values.requests))
/** Returns each CSR once: Postern rejects a second certificate for a key. */
const takeCsr = (): string => {
  const csr = csrs.pop()
  if (csr === undefined) throw new Error('no CSR is left: more are needed with --requests')
  return csr
}

const cfssl = await startCfssl(folder, serverCore)
const postern = await startPostern({
  config: {
    // The load comes from one machine with the client address as a proxy sends it: each is limited
    // separately.
    portal: { trustedProxies: ['127.0.0.1'] },
    gateway: { processes: 1 },
    environments: { production: { port: 1, live: true, maxCertificates: 1_000_000 }, staging: { port: 2 } },
  },
})
const [portalProcess] = postern.findProcesses('portal-process') as [number]
for (const other of [process.pid, postern.processId, ...postern.findProcesses('gateway-process')])
  pin(otherCore, other)
pin(serverCore, portalProcess)

const people: ApiClient[] = []
const slugOf = (customer: number) => `customer-${customer}`
for (let customer = 0; customer <= customers; customer += 1)
  people.push(
    await addOrganization(postern, { slug: slugOf(customer), legalName: `Customer ${customer} Ltd` }),
  )

const requestsPerAddress = 1000
let sent = 0
/** Returns so many addresses in turn that none exceeds the limit per address. */
const nextAddress = () => {
  const number = Math.floor(sent++ / requestsPerAddress)
  return `10.0.${number >> 8}.${number & 255}`
}

function toHttp(method: string, path: string, headers: string[], body?: unknown): Buffer {
  const text = body === undefined ? '' : JSON.stringify(body)
  const described =
    body === undefined ? [] : ['Content-Type: application/json', `Content-Length: ${text.length}`]
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...headers, ...described]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${text}`)
}
const asCustomer = (customer: number) => [
  `Cookie: ${people[customer]?.cookie()}`,
  `X-Forwarded-For: ${nextAddress()}`,
]
function assertAnswered(answer: Buffer): void {
  if (/^HTTP\/1\.1 20\d/.test(answer.toString('latin1', 0, 12))) return
  throw new Error(`not an answer to measure: ${answer.toString('latin1', 0, 800)}`)
}
function assertIssued(answer: Buffer): void {
  assertAnswered(answer)
  if (answer.includes('BEGIN CERTIFICATE-----')) return
  throw new Error(`no certificate: ${answer.toString('latin1', 0, 2000)}`)
}

interface Contestant {
  name: string
  processId: number
  load: Load
}

const connections = { keepsAlive: true, connections: customers, seconds }
const portal = Number(new URL(postern.portalUrl).port)
const create = (customer: number, body: object) => {
  const path = `/api/v1/organizations/${slugOf(customer)}/environments/production/certificates`
  return toHttp('POST', path, asCustomer(customer), body)
}
/** As a customer's program does, which has a key and a CSR. */
const inOneCall: Load = {
  ...connections,
  port: portal,
  next: (customer) => create(customer, { csr: takeCsr() }),
  check: assertIssued,
}
/** As the page does: a draft, which has the name, and then its CSR. */
const inTwoSteps: Load = {
  ...connections,
  port: portal,
  next: (customer) => create(customer, {}),
  follow(customer, answer) {
    const text = answer.toString('latin1')
    if (text.includes('BEGIN CERTIFICATE-----')) return undefined
    const id = /"id":"(cert_\w+)"/.exec(text)?.[1]
    if (id === undefined || text.includes('"status":"pending"')) throw new Error(`not issued: ${text}`)
    const path = `/api/v1/organizations/${slugOf(customer)}/certificates/${id}/csr`
    return toHttp('POST', path, asCustomer(customer), { csr: takeCsr() })
  },
  check: assertAnswered,
}
let turn = 0
const signedByCfssl: Load = {
  ...connections,
  port: cfssl.port,
  next: () => toHttp('POST', '/api/v1/cfssl/sign', [], { certificate_request: csrs[turn++ % csrs.length] }),
  check: assertIssued,
}
const contestants: Contestant[] = [
  { name: 'cfssl serve, sign', processId: cfssl.child.pid as number, load: signedByCfssl },
  { name: 'Postern, one call', processId: portalProcess, load: inOneCall },
  { name: 'Postern, draft and request', processId: portalProcess, load: inTwoSteps },
]

interface Round extends LoadResult {
  perCpuSecond: number
}

async function measure({ processId, load }: Contestant): Promise<Round> {
  const before = cpuSeconds([processId])
  const result = await putUnderLoad(load)
  return { ...result, perCpuSecond: result.answers / (cpuSeconds([processId]) - before) }
}

/** The requests of another user to the portal, repeatedly. */
const reads: Record<string, (customer: number) => string> = {
  'the page': () => '/',
  'a session': () => '/api/v1/session',
  'a list of certificates': (customer) =>
    `/api/v1/organizations/${slugOf(customer)}/certificates?environment=production`,
}

async function probe(path: string): Promise<LoadResult> {
  const next = () => toHttp('GET', path, asCustomer(customers))
  return putUnderLoad({
    port: portal,
    next,
    keepsAlive: true,
    connections: 1,
    seconds: seconds * 0.8,
    check: assertAnswered,
  })
}

const rounded = (numbers: number[]) => numbers.map(Math.round)
function tell({ name }: Contestant, results: Round[], beside: Round[]): void {
  const cpu = (of: Round[]) => median(of.map(({ perCpuSecond }) => perCpuSecond))
  const clock = (of: Round[]) => median(of.map(({ answersPerSecond }) => answersPerSecond))
  const spread = rounded(results.map(({ perCpuSecond }) => perCpuSecond))
  process.stdout.write(
    `  ${name}: ${Math.round(cpu(results))}/s of CPU (${Math.min(...spread)} to ${Math.max(...spread)}, ratio ${(cpu(results) / cpu(beside)).toFixed(2)}), ` +
      `${Math.round(clock(results))}/s by the clock (ratio ${(clock(results) / clock(beside)).toFixed(2)}), ` +
      `p50 ${median(results.map(({ p50 }) => p50)).toFixed(1)} ms, p99 ${median(results.map(({ p99 }) => p99)).toFixed(1)} ms\n`,
  )
}

try {
  process.stdout.write(`${customers} connections, medians of ${rounds} rounds of ${seconds} s\n`)
  for (const { load } of contestants) await putUnderLoad({ ...load, seconds: Math.min(seconds, 2) })
  const results = contestants.map(() => [] as Round[])
  for (let round = 0; round < rounds; round += 1)
    for (const [index, contestant] of contestants.entries()) results[index]?.push(await measure(contestant))
  for (const [index, contestant] of contestants.entries())
    tell(contestant, results[index] ?? [], results[0] ?? [])
  for (const [name, pathOf] of Object.entries(reads)) {
    const alone = await probe(pathOf(customers))
    const flood = putUnderLoad(inOneCall)
    const meanwhile = await probe(pathOf(customers))
    await flood
    process.stdout.write(
      `  ${name}: p95 ${alone.p95.toFixed(1)} ms alone, ${meanwhile.p95.toFixed(1)} ms in the flood (p50 ${meanwhile.p50.toFixed(1)}, p99 ${meanwhile.p99.toFixed(1)})\n`,
    )
  }
} catch (error) {
  process.stderr.write(postern.output())
  throw error
} finally {
  cfssl.child.kill()
  await postern.stop()
  rmSync(folder, { recursive: true })
}
