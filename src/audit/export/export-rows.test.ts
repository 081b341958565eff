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
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { describeWithFreshStores } from '../../../test/support/databases.ts'
import { systemActor } from '../../shapes/actor.ts'
import { toMasterKey } from '../../shapes/master-key.ts'
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

const folder = mkdtempSync(join(tmpdir(), 'postern-export-'))
const at = (name: string) => join(folder, name)
const clock = { now: () => Date.UTC(2027, 0, 1) }
const going = new AbortController().signal

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
        openSigner: () => openAuditKey(store.database, toMasterKey(randomBytes(32)), clock),
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

    test('a checkpoint that was not written with its row is written when the file begins anew', async () => {
      const target = createFileTarget(path)
      await write(3)
      const lost = { ...parts().cursors, move: () => Promise.reject(new Error('power cut')) }
      await expect(
        exportRows({ ...parts(), cursors: lost }, { key: 'other', target }, going),
      ).rejects.toThrow('power cut')
      const { sequence, hash } = await parts().audit.findEnd()
      const checkpoint = { sequence, hash, keyId: 'key', signature: new Uint8Array([1]), at: 1 }
      const checkpoints = { listBetween: async (after: number) => (after < sequence ? [checkpoint] : []) }
      await exportRows({ ...parts(), checkpoints } as never, { key: 'target', target }, going)
      const lines = linesOf(path)
      expect(lines).toHaveLength(4)
      expect(JSON.parse(lines[3] as string)).toMatchObject({ type: 'audit.checkpoint', sequence })
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

  test('a process that delivers at the same time moves the cursor once, and never back', async () => {
    const given: number[] = []
    const target: ExportTarget = {
      open: async () => ({
        async write(items) {
          for (const item of items) if (item.kind === 'entry') given.push(item.entry.sequence)
        },
        async finish() {},
        abort() {},
      }),
    }
    await write(50)
    await Promise.all([send(target), send(target)])
    expect(await cursor()).toEqual({ sequence: 50, checkpoint: 0 })
    expect(new Set(given).size).toBe(50)
    const { cursors } = parts()
    const [old, next] = [
      { sequence: 3, checkpoint: 0 },
      { sequence: 4, checkpoint: 0 },
    ]
    expect(await cursors.move('target', old, next, 0)).toBe(false)
  })
})
