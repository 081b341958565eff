import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { element, octetString, oid, sequence, unsignedInteger } from '../src/pki/der/der-writer.ts'
import { fromHex } from '../src/pki/der/fingerprint.ts'
import { oids } from '../src/pki/der/oids.ts'
import { extension } from '../src/pki/profile/extension-writer.ts'
import { parseOcspRequest } from '../src/pki/status/ocsp-request.ts'
import { findFreePort } from '../test/support/postgres.ts'
import { type Load, putUnderLoad } from './http-load.ts'
import { makeOcspHarness } from './ocsp-harness.ts'
import { cpuSeconds, median } from './server-time.ts'

/**
 * Measures OCSP responses over HTTP: Postern and `openssl ocsp -port`, each alone on one core, the load on
 * the other.
 */
const { values } = parseArgs({
  options: {
    certificates: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
  },
})
const seconds = Number(values.seconds)
const rounds = Number(values.rounds)
const [serverCore, loadCore] = ['0', '1']
const connections = 16

const harness = await makeOcspHarness(Number(values.certificates))
const { folder, serialNumbers } = harness
const children: ChildProcess[] = []

function start(program: string, ...args: string[]): ChildProcess {
  const child = spawn('taskset', ['-c', serverCore, program, ...args], {
    cwd: folder.path,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  children.push(child)
  return child
}

async function startPostern(): Promise<Target> {
  const script = join(import.meta.dirname, 'ocsp-responder.ts')
  const key = Buffer.from(harness.authorityKey.first).toString('hex')
  const child = start(process.execPath, script, harness.path, key)
  const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data')
  return { port: Number(line), path: `/ocsp/${harness.issuerId}`, processId: child.pid as number }
}

async function startOpenssl(): Promise<Target> {
  const port = await findFreePort()
  const keys = '-index index.txt -CA issuer.pem -rsigner responder.pem -rkey responder.key -nmin 10'
  const child = start('openssl', 'ocsp', '-port', String(port), ...keys.split(' '))
  return { port, path: '/', processId: child.pid as number }
}

/**
 * Waits until OpenSSL has verified a response: a connection without a request would end `openssl ocsp -port`.
 */
async function untilAnswering({ port, path }: Target): Promise<void> {
  const url = `http://127.0.0.1:${port}${path}`
  const ask = `openssl ocsp -issuer issuer.pem -serial 0x${serialNumbers[0]} -url ${url} -CAfile trust.pem`
  for (let left = 100; ; left -= 1) {
    try {
      if (!folder.run(ask).includes('Response verify OK')) throw new Error(`no verified answer from ${url}`)
      return
    } catch (error) {
      if (left === 0) throw error
      await wait(50)
    }
  }
}

folder.run('openssl ocsp -issuer issuer.pem -serial 1 -no_nonce -reqout request.der')
const [template] = parseOcspRequest(folder.read('request.der')).certificateIds
if (template === undefined) throw new Error('openssl asks after nobody')
const { hashOid, issuerNameHash, issuerKeyHash } = template

function requestFor(serialNumber: string, nonce?: Uint8Array): Uint8Array {
  const certificateId = sequence(
    sequence(oid(hashOid), element(5)),
    octetString(issuerNameHash),
    octetString(issuerKeyHash),
    unsignedInteger(fromHex(serialNumber)),
  )
  const extensions =
    nonce === undefined ? [] : [element(0xa2, sequence(extension(oids.ocspNonce, octetString(nonce))))]
  return sequence(sequence(sequence(sequence(certificateId)), ...extensions))
}

function toHttp(path: string, body: Uint8Array, keepsAlive: boolean): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Content-Type: application/ocsp-request',
    `Content-Length: ${body.length}`,
    ...(keepsAlive ? [] : ['Connection: close']),
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])
}

const basicResponse = Buffer.from(oid(oids.ocspBasicResponse))
function assertSuccessful(answer: Buffer): void {
  if (/^HTTP\/1\.[01] 200/.test(answer.toString('latin1', 0, 12)) && answer.includes(basicResponse)) return
  throw new Error(`not an OCSP answer: ${answer.toString('latin1', 0, 200)}`)
}

let turn = 0
const nextSerial = () => serialNumbers[turn++ % serialNumbers.length] ?? ''
const kinds = {
  'each with a nonce, so each is signed': () => requestFor(nextSerial(), randomBytes(32)),
  'every certificate in turn, no nonce': () => requestFor(nextSerial()),
}
type Kind = keyof typeof kinds

interface Target {
  port: number
  path: string
  processId: number
}

/** Prepares the load before the measurement, so that its generator has little to do. */
function loadOf({ port, path }: Target, kind: Kind, keepsAlive: boolean): Load {
  const requests = serialNumbers.map(() => toHttp(path, kinds[kind](), keepsAlive))
  let at = 0
  const next = () => requests[at++ % requests.length] as Buffer
  return { port, next, keepsAlive, connections, seconds, check: assertSuccessful }
}

/**
 * Responses per second, and per second of CPU time of the responder, which is independent of other work on
 * the machine.
 */
interface Rate {
  wall: number
  cpu: number
}

async function measure(target: Target, kind: Kind, keepsAlive: boolean): Promise<Rate> {
  const load = loadOf(target, kind, keepsAlive)
  const before = cpuSeconds([target.processId])
  const { answers, answersPerSecond } = await putUnderLoad(load)
  return { wall: answersPerSecond, cpu: answers / (cpuSeconds([target.processId]) - before) }
}

const probeRequest = Buffer.from('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')

/** Returns the 95th percentile, in milliseconds, of another page of the same process under load. */
async function probe({ port }: Target): Promise<number> {
  const load = { port, next: () => probeRequest, keepsAlive: false, connections: 1, check: () => {} }
  return (await putUnderLoad({ ...load, seconds: seconds * 0.9 })).p95
}

const middle = (rates: Rate[]): Rate => ({
  wall: Math.round(median(rates.map(({ wall }) => wall))),
  cpu: Math.round(median(rates.map(({ cpu }) => cpu))),
})
const tell = (name: string, { wall, cpu }: Rate, beside: Rate) =>
  `  ${name}: ${cpu}/s of CPU (ratio ${(cpu / beside.cpu).toFixed(2)}), ${wall}/s (ratio ${(wall / beside.wall).toFixed(2)})\n`

try {
  spawnSync('taskset', ['-acp', loadCore, String(process.pid)])
  const [postern, openssl] = [await startPostern(), await startOpenssl()]
  for (const target of [postern, openssl]) await untilAnswering(target)
  process.stdout.write(
    `${serialNumbers.length} certificates, ${connections} connections, median of ${rounds} rounds of ${seconds} s\n`,
  )
  for (const kind of Object.keys(kinds) as Kind[]) {
    const [ours, theirs, kept]: [Rate[], Rate[], Rate[]] = [[], [], []]
    const probes: number[] = []
    // Compiles the code and, without nonces, signs the cached responses.
    for (const target of [postern, openssl]) await putUnderLoad(loadOf(target, kind, false))
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await measure(postern, kind, false))
      theirs.push(await measure(openssl, kind, false))
      kept.push(await measure(postern, kind, true))
      const load = putUnderLoad(loadOf(postern, kind, true))
      probes.push(await probe(postern))
      await load
    }
    const beside = middle(theirs)
    process.stdout.write(
      [
        `${kind}\n`,
        tell('openssl ocsp -port', beside, beside),
        tell('Postern, a connection for each', middle(ours), beside),
        tell('Postern, connections kept', middle(kept), beside),
        `  another page of Postern meanwhile: p95 ${median(probes).toFixed(1)} ms\n`,
      ].join(''),
    )
  }
} finally {
  for (const child of children) child.kill()
  folder[Symbol.dispose]()
}
