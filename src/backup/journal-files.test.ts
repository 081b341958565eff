import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { toMasterKey } from '../shapes/master-key.ts'
import { createJournalFolder, readJournals } from './journal-files.ts'
import { createJournalLines, type JournalEntry } from './journal-line.ts'

const lines = createJournalLines(toMasterKey(Buffer.alloc(32, 1)))
const day = 86_400_000
const backupAt = Date.UTC(2026, 10, 27)
const point = { from: 5, reachedAt: backupAt }

function openFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'postern-journal-files-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return { folder, files: createJournalFolder(folder, lines) }
}
const entry = (sequence: number, more: Partial<JournalEntry> = {}): JournalEntry => ({
  ...{ sequence, previous: sequence - 1, at: backupAt, table: 'organizations', key: `org_${sequence}` },
  ...{ row: { slug: `slug-${sequence}` } },
  ...more,
})
const read = (folder: string) => readJournals([folder], lines, point)

test('a journal that was there at the backup is whole', () => {
  const { folder, files } = openFolder()
  files.append([{ start: 0 }, entry(1)], backupAt - day)
  files.append([entry(6), entry(7)], backupAt + day)
  const { isWhole, entries } = read(folder)
  // Entry 5, up to which the backup reaches, may be older than the files that are kept.
  expect([isWhole, entries.map(({ sequence }) => sequence)]).toEqual([true, [6, 7]])
})

test('a journal that a held store began after the backup is not whole, though its numbers fit', () => {
  const { folder, files } = openFolder()
  files.append([{ start: 5 }], backupAt + day)
  // What a start writes again of the last numbers.
  files.append([entry(4), entry(5), entry(6)], backupAt + 2 * day)
  expect(read(folder).isWhole).toBe(false)
})

test('a journal of a store that was begun anew is not whole and gives nothing', () => {
  const { folder, files } = openFolder()
  files.append([{ start: 0 }, entry(1), entry(6)], backupAt + day)
  expect(read(folder)).toMatchObject({ isWhole: false, entries: [] })
})

test('a changed or foreign line after the backup makes it not whole, and one before it does not', () => {
  const { folder, files } = openFolder()
  const ofOlderKey = createJournalFolder(folder, createJournalLines(toMasterKey(Buffer.alloc(32, 2))))
  ofOlderKey.append([{ start: 0 }, entry(1)], backupAt - 2 * day)
  files.append([entry(5)], backupAt)
  files.append([entry(6)], backupAt + day)
  expect(read(folder).isWhole).toBe(true)
  const [name = ''] = readdirSync(folder)
  const path = join(folder, name)
  const text = readFileSync(path, 'utf8')
  // A power cut leaves a part of a line.
  appendFileSync(path, text.slice(-60, -20))
  expect(read(folder).isWhole).toBe(true)
  writeFileSync(path, text)
  ofOlderKey.append([entry(7)], backupAt + 2 * day)
  expect(read(folder).isWhole).toBe(false)
})

test('lines of before and after a change of the authority key are read with both keys', () => {
  const { folder, files } = openFolder()
  const changed = createJournalLines(toMasterKey(Buffer.alloc(32, 2), Buffer.alloc(32, 1)))
  files.append([{ start: 0 }, entry(5)], backupAt)
  files.append([entry(6)], backupAt + day)
  createJournalFolder(folder, changed).append([entry(7)], backupAt + 2 * day)
  const { isWhole, entries } = readJournals([folder], changed, { from: 5, reachedAt: backupAt })
  expect([isWhole, entries.map(({ sequence }) => sequence)]).toEqual([true, [6, 7]])
  expect(createJournalFolder(folder, changed).findLast()).toBe(7)
  const ofNext = createJournalLines(toMasterKey(Buffer.alloc(32, 2)))
  expect(readJournals([folder], ofNext, { from: 5, reachedAt: backupAt }).isWhole).toBe(false)
})

test('what an erasure has to look for is not forgotten with its end', () => {
  const { folder, files } = openFolder()
  const erasure = { table: 'erasures', key: 'usr_1' }
  files.append([{ start: 0 }], backupAt - day)
  files.append(
    [entry(6, { ...erasure, row: { texts: '["ann@acme.example"]', finished_at: null } })],
    backupAt,
  )
  files.append([entry(6, { ...erasure, row: { texts: null, finished_at: backupAt } })], backupAt + day)
  expect(read(folder).entries.map(({ row }) => row?.texts)).toEqual(['["ann@acme.example"]'])
})
