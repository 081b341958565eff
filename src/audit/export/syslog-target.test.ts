import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { openSyslogCollector } from '../../../test/support/syslog-collector.ts'
import type { AuditRecord } from '../to-change-event.ts'
import type { ExportCursor } from './export-cursor-store.ts'
import { type ExportDependencies, exportRows } from './export-rows.ts'
import type { ExportTarget } from './export-target.ts'
import { createSyslogTarget, findCollectorProblem, type SyslogCollector } from './syslog-target.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-export-'))
const at = (name: string) => join(folder, name)
const pemOf = (name: string) => readFileSync(at(name))
const noFiles = { caFile: null, certificateFile: null, keyFile: null }
const clock = { now: () => Date.UTC(2027, 0, 1) }
const going = new AbortController().signal
/** As little as a hanging collector is waited for; a slow machine makes it no shorter. */
const patienceMs = 400

function makeCertificate(name: string, ca: string | undefined, extension: string): void {
  const issuer = ca === undefined ? [] : ['-CA', `${ca}.pem`, '-CAkey', `${ca}.key`]
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', ...issuer],
      ...['-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '30'],
      ...['-addext', extension, ...(ca === undefined ? [] : ['-addext', 'basicConstraints=CA:FALSE'])],
    ],
    { cwd: folder, stdio: 'pipe' },
  )
}

beforeAll(() => {
  for (const ca of ['ca', 'other']) makeCertificate(ca, undefined, 'keyUsage=keyCertSign')
  makeCertificate('server', 'ca', 'subjectAltName=IP:127.0.0.1')
  makeCertificate('client', 'ca', 'extendedKeyUsage=clientAuth')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A log in memory, and how far the only target has come in it. */
let log: AuditRecord[] = []
let reached: ExportCursor | undefined
beforeEach(() => {
  log = []
  reached = undefined
})
const parts = (): ExportDependencies => ({
  audit: {
    listAfter: async (sequence, most) => log.filter((row) => row.sequence > sequence).slice(0, most),
    readAfter: async () => [],
  },
  checkpoints: { listBetween: async () => [] },
  cursors: {
    find: async () => reached,
    async insert(_, cursor) {
      reached = cursor
    },
    async move(_, _from, to) {
      reached = to
      return true
    },
    findLag: async () => ({ rows: 0, since: null }),
  },
  clock,
})
const write = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i += 1) {
    const sequence = log.length + 1
    log.push({
      ...{ sequence, at: 1000 + sequence, action: 'thing.changed', hash: 'ab'.repeat(32) },
      ...{ actor: { kind: 'system', id: '', name: 'test' }, origin: 'system', organization: null },
      ...{ environment: null, subjectKind: 'thing', subjectId: `Łódź ${sequence}`, subjectName: null },
      ...{ before: null, after: { number: sequence } },
    })
  }
}
const send = (target: ExportTarget, key = 'target') => exportRows(parts(), { key, target }, going)
const cursor = async () => reached
const numbersOf = (lines: readonly string[]): number[] => lines.map((line) => JSON.parse(line).sequence)

describe('to a syslog server', () => {
  const open = async (transport: SyslogCollector['transport'], more: object = {}) => {
    const server = await openSyslogCollector(
      transport === 'tcp'
        ? undefined
        : { cert: pemOf('server.pem'), key: pemOf('server.key'), ca: pemOf('ca.pem'), ...more },
    )
    onTestFinished(() => server.close())
    const collector: SyslogCollector = {
      ...{ host: '127.0.0.1', port: server.port, transport, format: 'json' },
      tls: transport === 'tcp' ? noFiles : { ...noFiles, caFile: at('ca.pem') },
    }
    return { server, collector, target: createSyslogTarget(collector, Date.now, patienceMs) }
  }
  const contentOf = (messages: readonly string[]) =>
    numbersOf(messages.map((message) => message.slice(message.indexOf('{'))))

  test.each(['tls', 'tcp'] as const)(
    'rows arrive in order over %s, each with its number',
    async (transport) => {
      const { server, target } = await open(transport)
      await write(120)
      await send(target)
      expect(contentOf(server.messages)).toEqual(Array.from({ length: 120 }, (_, index) => index + 1))
      expect(server.messages[1]).toMatch(
        /^<109>1 1970-01-01T00:00:01\.002Z \S+ postern \d+ audit \[meta sequenceId="2"\] \{"/,
      )
      expect(await cursor()).toEqual({ sequence: 120, checkpoint: 0 })
    },
  )

  test('CEF arrives in the same frames', async () => {
    const { server, collector } = await open('tcp')
    await write(1)
    await send(createSyslogTarget({ ...collector, format: 'cef' }, Date.now, patienceMs))
    expect(server.messages[0]).toContain('] CEF:0|Postern|Postern|')
  })

  test('a client certificate is shown where one is configured', async () => {
    const asking = { requestCert: true, rejectUnauthorized: true }
    const { server, collector } = await open('tls', asking)
    await write(1)
    await expect(send(createSyslogTarget(collector, Date.now, patienceMs))).rejects.toMatchObject({
      code: 'unavailable',
    })
    expect((await cursor())?.sequence).toBe(0)
    const tls = { caFile: at('ca.pem'), certificateFile: at('client.pem'), keyFile: at('client.key') }
    await send(createSyslogTarget({ ...collector, tls }, Date.now, patienceMs))
    expect(contentOf(server.messages)).toEqual([1])
  })

  test('a server of another CA gets nothing', async () => {
    const { server, collector } = await open('tls')
    await write(1)
    const wrong = { ...collector, tls: { ...noFiles, caFile: at('other.pem') } }
    await expect(send(createSyslogTarget(wrong, Date.now, patienceMs))).rejects.toMatchObject({
      message: expect.stringContaining('Name its CA with audit.export.syslog.ca'),
    })
    expect(server.messages).toEqual([])
    expect(await findCollectorProblem(wrong, Date.now(), patienceMs)).toContain('is not trusted')
    expect(await findCollectorProblem(collector, Date.now(), patienceMs)).toBeUndefined()
  })

  test.each(['hanging', 'never ending', 'breaking off'] as const)(
    'a collector that is %s loses nothing',
    async (behavior) => {
      const { server, target } = await open(behavior === 'breaking off' ? 'tcp' : 'tls')
      server.behave(behavior)
      await write(150)
      await expect(send(target)).rejects.toMatchObject({ code: 'unavailable' })
      expect((await cursor())?.sequence).toBe(0)
      server.behave('reading')
      await send(target)
      const numbers = contentOf(server.messages)
      expect(numbers.slice(-150)).toEqual(Array.from({ length: 150 }, (_, index) => index + 1))
      expect(await cursor()).toEqual({ sequence: 150, checkpoint: 0 })
    },
  )

  test('a collector that is slow gets everything', async () => {
    const { server, target } = await open('tcp')
    server.behave('slow')
    await write(300)
    await send(target)
    expect(contentOf(server.messages)).toHaveLength(300)
  })

  test('a collector that refuses is told with its address', async () => {
    const { server, collector, target } = await open('tcp')
    await server.close()
    await write(1)
    await expect(send(target)).rejects.toMatchObject({
      message: expect.stringMatching(
        new RegExp(`^The syslog server 127\\.0\\.0\\.1:${collector.port} cannot be used: .*ECONNREFUSED`),
      ),
    })
  })

  test('a stop breaks off', async () => {
    const { server, target } = await open('tls')
    server.behave('hanging')
    await write(1)
    const stop = new AbortController()
    const running = exportRows(parts(), { key: 'target', target }, stop.signal)
    stop.abort()
    await expect(running).rejects.toThrow()
  })
})
