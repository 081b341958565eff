import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { toMasterKey } from '../shapes/master-key.ts'
import { newId } from '../storage/id.ts'
import { readJournals } from './journal-files.ts'
import { createJournalLines, type JournalEntry } from './journal-line.ts'
import { createJournal } from './keep-journal-store.ts'

const authorityKey = toMasterKey(Buffer.alloc(32, 1))
const lines = createJournalLines(authorityKey)

describeWithFreshStores('the journal', (store) => {
  let folder: string
  let failures: unknown[]
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'postern-journal-'))
    failures = []
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const open = async (...names: string[]) => {
    const journal = createJournal({
      database: store.database,
      folders: names.map((name) => join(folder, name)),
      authorityKey,
      clock: { now: () => Date.now() },
      onFailure: (_, error) => failures.push(error),
    })
    await journal.start()
    return journal
  }
  const read = (from: number, ...names: string[]) =>
    readJournals(
      names.map((name) => join(folder, name)),
      lines,
      { from, reachedAt: Date.now() },
    )
  const insert = (database: typeof store.database, slug: string, fails = false) =>
    database.transaction(async (tx) => {
      const id = newId('organization', Date.now())
      const place = { country: 'GB', state: 'Kent', created_at: 1 }
      await tx
        .insertInto('organizations')
        .values({ id, slug, legal_name: slug, ...place })
        .execute()
      if (fails) throw new Error('undone')
      return id
    })
  const slugsOf = (entries: readonly JournalEntry[]) => entries.map(({ row }) => row?.slug)

  test('has a change when its transaction is saved, and each number once', async () => {
    const { database } = await open('a')
    await insert(database, 'first')
    expect(slugsOf(read(0, 'a').entries)).toEqual(['first'])
    await expect(insert(database, 'undone', true)).rejects.toThrow('undone')
    await Promise.all(['second', 'third', 'fourth'].map((slug) => insert(database, slug)))
    const { entries, isWhole } = read(0, 'a')
    expect(slugsOf(entries).sort()).toEqual(['first', 'fourth', 'second', 'third'])
    expect(isWhole).toBe(true)
  })

  test('takes in what other processes and an earlier run have changed', async () => {
    await insert((await open('a')).database, 'first')
    await insert(store.database, 'by-a-command')
    const journal = await open('a')
    await insert(store.database, 'by-a-gateway')
    await journal.catchUp()
    const { entries, isWhole } = read(0, 'a')
    expect([slugsOf(entries), isWhole]).toEqual([['first', 'by-a-command', 'by-a-gateway'], true])
  })

  test('is whole after a torn line, and not after a lost, changed or foreign one', async () => {
    const journal = await open('a')
    const [name = ''] = readdirSync(join(folder, 'a'))
    const path = join(folder, 'a', name)
    await insert(journal.database, 'first')
    appendFileSync(path, readFileSync(path, 'utf8').slice(-90, -30))
    for (const slug of ['second', 'third']) await insert(journal.database, slug)
    expect(read(0, 'a').isWhole).toBe(true)
    const text = readFileSync(path, 'utf8')
    const kept = text.split('\n')
    const at = kept.findIndex((line) => line.includes('"slug":"second"'))
    for (const line of ['', kept[at]?.replace('second', 'secund') ?? '', 'x'.repeat(80)]) {
      writeFileSync(path, kept.with(at, line).join('\n'))
      expect(read(0, 'a').isWhole).toBe(false)
    }
    writeFileSync(path, text)
    const foreign = createJournalLines(toMasterKey(Buffer.alloc(32, 2)))
    expect(readJournals([join(folder, 'a')], foreign, { from: 0, reachedAt: Date.now() }).isWhole).toBe(false)
    expect(read(read(0, 'a').last, 'a')).toMatchObject({ isWhole: true, entries: [] })
    // It begins later than this backup.
    expect(read(-5, 'a').isWhole).toBe(false)
  })

  test('goes on while one of two places can be written, and refuses the change when none can', async () => {
    const { database } = await open('a', 'b')
    await insert(database, 'first')
    rmSync(join(folder, 'a'), { recursive: true })
    writeFileSync(join(folder, 'a'), 'in the way')
    await insert(database, 'second')
    expect(failures.length).toBeGreaterThan(0)
    expect([slugsOf(read(0, 'b').entries), read(0, 'b').isWhole]).toEqual([['first', 'second'], true])
    rmSync(join(folder, 'b'), { recursive: true })
    writeFileSync(join(folder, 'b'), 'in the way')
    await expect(insert(database, 'third')).rejects.toMatchObject({ code: 'storage_unavailable' })
    const rows = await store.database.queries.selectFrom('organizations').select('slug').execute()
    expect(rows.map(({ slug }) => slug).sort()).toEqual(['first', 'second'])
    rmSync(join(folder, 'a'))
    await insert(database, 'third')
    expect(slugsOf(read(0, 'a').entries)).toContain('second')
  })

  test('never has a password, and says that one was replaced', async () => {
    const { database } = await open('a')
    await database.transaction(async (tx) => {
      const now = new Date().toISOString()
      const times = { created_at: now, updated_at: now }
      const user = {
        id: 'usr_1',
        email: 'a@acme.example',
        name: 'A',
        email_verified: 1,
        must_change_password: 0,
      }
      await tx
        .insertInto('users')
        .values({ ...user, image: null, operator_role: null, ...times })
        .execute()
      const account = { id: 'acc_1', account_id: 'usr_1', provider_id: 'credential', user_id: 'usr_1' }
      await tx
        .insertInto('accounts')
        .values({ ...account, password: 'the first hash', ...times } as never)
        .execute()
      await tx.updateTable('accounts').set({ password: 'the second hash' }).execute()
    })
    expect(read(0, 'a').entries).toMatchObject([
      { table: 'accounts', key: 'acc_1', row: { user_id: 'usr_1' } },
    ])
    const [name = ''] = readdirSync(join(folder, 'a'))
    expect(readFileSync(join(folder, 'a', name), 'utf8')).not.toContain('hash')
  })
})
