import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { toMasterKey } from '../shapes/master-key.ts'
import { readJournals } from './journal-files.ts'
import { createJournalLines } from './journal-line.ts'
import { createJournal } from './keep-journal-store.ts'

const authorityKey = toMasterKey(Buffer.alloc(32, 1))
const lines = createJournalLines(authorityKey)

describeWithFreshStores('a journal in two folders', (store) => {
  let folder: string
  let failures: string[]
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'postern-journal-'))
    failures = []
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const create = () =>
    createJournal({
      database: store.database,
      folders: ['a', 'b'].map((name) => join(folder, name)),
      authorityKey,
      clock: { now: () => Date.now() },
      onFailure: (what) => failures.push(what),
    })
  const change = (database: typeof store.database, count = 1) =>
    database.transaction(async (tx) => {
      const row = { table_name: 'signing_keys', row_key: 'absent', at: 1 }
      await tx
        .insertInto('journal')
        .values(Array.from({ length: count }, () => row) as never)
        .execute()
    })
  const read = (...names: string[]) =>
    readJournals(
      names.map((name) => join(folder, name)),
      lines,
      { from: 0, reachedAt: Date.now() },
    )
  const block = (name: string) => writeFileSync(join(folder, name), 'in the way')
  const away = () => join(folder, 'away')

  test('leaves one that failed out of transactions until it is brought up in blocks', async () => {
    const { database, start, catchUp } = create()
    await start()
    await change(database)
    renameSync(join(folder, 'a'), away())
    block('a')
    for (let count = 0; count < 3; count += 1) await change(database)
    // The other changes have not tried it.
    expect(failures).toEqual(['write-journal'])
    // More than a block, in one transaction.
    await change(database, 600)
    await catchUp()
    expect(failures).toEqual(['write-journal', 'write-journal'])
    rmSync(join(folder, 'a'))
    renameSync(away(), join(folder, 'a'))
    await change(database)
    expect(read('a').entries).toHaveLength(1)
    expect(read('b').entries).toHaveLength(605)
    await catchUp()
    await change(database)
    for (const name of ['a', 'b'])
      expect(read(name)).toMatchObject({ isWhole: true, entries: { length: 606 } })
    expect(failures).toHaveLength(2)
  })

  test('starts while one can be opened, and takes the other in once it can be', async () => {
    block('a')
    const { database, start, catchUp } = create()
    await start()
    expect(failures).toEqual(['open-journal'])
    await change(database)
    expect(read('b').entries).toHaveLength(1)
    rmSync(join(folder, 'a'))
    await catchUp()
    await change(database)
    expect(failures).toHaveLength(1)
    expect(read('a').entries.length).toBeGreaterThan(0)
    expect(read('a', 'b')).toMatchObject({ isWhole: true, entries: { length: 2 } })
  })

  test('does not start where none can be opened', async () => {
    for (const name of ['a', 'b']) block(name)
    await expect(create().start()).rejects.toMatchObject({ code: 'storage_unavailable' })
  })
})
