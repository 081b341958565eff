import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { describeWithFreshStores } from '../../../test/support/databases.ts'
import { openSyslogCollector } from '../../../test/support/syslog-collector.ts'
import { systemActor } from '../../shapes/actor.ts'
import { openAuditKey } from '../../signer/audit-key.ts'
import { createAuditStore } from '../audit-store.ts'
import { parseCheckpoint } from '../checkpoint.ts'
import { createCheckpointStore } from '../checkpoint-store.ts'
import { recordAudit } from '../record-audit.ts'
import { createCheckpointTaker } from '../take-checkpoint.ts'
import { createExportCursorStore } from './export-cursor-store.ts'
import { exportRows } from './export-rows.ts'
import type { ExportTarget } from './export-target.ts'
import { createFileTarget } from './file-target.ts'
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

const entry = (number: number) => ({
  actor: systemActor('test'),
  action: 'thing.changed',
  organizationId: null,
  subjectKind: 'thing',
  subjectId: `Łódź ${number}`,
  after: { number },
})

describeWithFreshStores('the audit export', (store) => {
  let written = 0
  const parts = () => ({
    audit: createAuditStore(store.database),
    checkpoints: createCheckpointStore(store.database),
    cursors: createExportCursorStore(store.database),
    clock,
  })
  const write = async (count: number): Promise<void> => {
    await store.database.transaction(async (tx) => {
      for (let i = 0; i < count; i += 1) {
        written += 1
        await recordAudit(tx, entry(written), 1000 + written)
      }
    })
  }
  const send = (target: ExportTarget, key = 'target') => exportRows(parts(), { key, target }, going)
  const cursor = () => parts().cursors.find('target')
  const numbersOf = (lines: readonly string[]): number[] => lines.map((line) => JSON.parse(line).sequence)
  const linesOf = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1)
  beforeEach(() => {
    written = 0
  })

  describe('to a file', () => {
    let path: string
    beforeEach(() => {
      path = at(`${randomBytes(4).toString('hex')}.jsonl`)
    })

    test('each row is one line with its number and hash, once, and a checkpoint follows its row', async () => {
      const target = createFileTarget(path)
      await write(230)
      await createCheckpointTaker({
        ...parts(),
        openSigner: () => openAuditKey(store.database, randomBytes(32), clock),
        files: [],
      })()
      const rows = (await parts().audit.findEnd()).sequence
      await send(target)
      await send(target)
      const lines = linesOf(path)
      const checkpoints = lines.filter((line) => line.startsWith('{"type":"audit.checkpoint"'))
      expect(checkpoints).toHaveLength(1)
      const signed = parseCheckpoint(JSON.parse(checkpoints[0] as string))
      expect(await parts().checkpoints.findLatest()).toEqual(signed)
      expect(JSON.parse(lines[lines.indexOf(checkpoints[0] as string) - 1] as string)).toMatchObject({
        sequence: signed.sequence,
        hash: signed.hash,
      })
      const entries = lines.filter((line) => !checkpoints.includes(line))
      expect(numbersOf(entries)).toEqual(Array.from({ length: rows }, (_, index) => index + 1))
      expect(JSON.parse(entries[0] as string)).toMatchObject({
        ...{ type: 'other', sequence: 1, time: '1970-01-01T00:00:01.001Z', subject: { id: 'Łódź 1' } },
        data: { recordedAs: 'thing.changed', after: { number: 1 } },
      })
      expect(readFileSync(path, 'utf8')).not.toContain('salt')
      expect(statSync(path).mode & 0o777).toBe(0o640)
      expect(await parts().cursors.findLag('target')).toEqual({ rows: 0, since: null })
      await write(3)
      expect(await parts().cursors.findLag('target')).toEqual({ rows: 3, since: 1231 })
    })

    test('a file that was renamed is left alone, and the next rows begin a new one', async () => {
      const target = createFileTarget(path)
      await write(2)
      await send(target)
      renameSync(path, `${path}.1`)
      await write(2)
      await send(target)
      expect(numbersOf(linesOf(`${path}.1`))).toEqual([1, 2])
      expect(numbersOf(linesOf(path))).toEqual([3, 4])
    })

    test('a line that a crash has cut off is removed, and its row is written again', async () => {
      const target = createFileTarget(path)
      await write(2)
      await send(target)
      // The process was killed while it wrote row 3, before its cursor moved: the line is longer than a block.
      appendFileSync(path, `{"sequence":3,"text":"${'x'.repeat(150_000)}`)
      await write(1)
      await send(target)
      expect(numbersOf(linesOf(path))).toEqual([1, 2, 3])
    })

    test('what was written without its cursor is written again, and nothing is left out', async () => {
      const target = createFileTarget(path)
      await write(3)
      const lost = { ...parts().cursors, move: () => Promise.reject(new Error('power cut')) }
      await expect(
        exportRows({ ...parts(), cursors: lost }, { key: 'other', target }, going),
      ).rejects.toThrow('power cut')
      // The file knows what it has, as long as nothing else says so.
      await send(target)
      expect(numbersOf(linesOf(path))).toEqual([1, 2, 3])
      await store.database.queries
        .updateTable('audit_exports')
        .set({ sequence: 1 })
        .where('target', '=', 'target')
        .execute()
      await send(target)
      expect(numbersOf(linesOf(path))).toEqual([1, 2, 3, 2, 3])
    })

    test('a file of another store says nothing about this one', async () => {
      appendFileSync(path, `${JSON.stringify({ type: 'other', sequence: 2, hash: 'ab'.repeat(32) })}\n`)
      await write(3)
      await send(createFileTarget(path))
      expect(numbersOf(linesOf(path))).toEqual([2, 1, 2, 3])
    })

    test('a folder that cannot be written is told, and nothing counts as delivered', async () => {
      await write(1)
      mkdirSync(path)
      await expect(send(createFileTarget(path))).rejects.toMatchObject({
        code: 'audit_file_unwritable',
        message: expect.stringContaining('(EISDIR)'),
      })
      expect((await cursor())?.sequence).toBe(0)
    })

    test('a full disk is told, and nothing counts as delivered', async () => {
      if (!existsSync('/dev/full')) return
      await write(1)
      await expect(send(createFileTarget('/dev/full'))).rejects.toMatchObject({
        message: expect.stringContaining('(ENOSPC)'),
      })
      expect((await cursor())?.sequence).toBe(0)
    })
  })

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
        expect((await parts().cursors.findLag('target')).rows).toBe(150)
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

    test('a process that delivers at the same time moves the cursor once, and never back', async () => {
      const { server, target } = await open('tcp')
      await write(50)
      await Promise.all([send(target), send(target)])
      expect(await cursor()).toEqual({ sequence: 50, checkpoint: 0 })
      expect(new Set(contentOf(server.messages)).size).toBe(50)
      const { cursors } = parts()
      expect(
        await cursors.move('target', { sequence: 3, checkpoint: 0 }, { sequence: 4, checkpoint: 0 }, 0),
      ).toBe(false)
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
})
