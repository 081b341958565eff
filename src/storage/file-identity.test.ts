import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from './database.ts'
import { migrate } from './migrate.ts'

async function openStore() {
  const folder = mkdtempSync(join(tmpdir(), 'postern-identity-'))
  const path = join(folder, 'postern.db')
  const database = await openDatabase({ engine: 'sqlite', path })
  onTestFinished(async () => {
    await database.close()
    rmSync(folder, { recursive: true })
  })
  await migrate(database)
  return { database, path }
}

test('a deleted or replaced database file is detected, and no change is acknowledged until it is back', async () => {
  const { database, path } = await openStore()
  const organization = (id: string) => ({
    id,
    slug: id,
    legal_name: id,
    country: 'GB',
    state: '',
    created_at: 1,
  })
  const add = (id: string) =>
    database.transaction((tx) => tx.insertInto('organizations').values(organization(id)).execute())
  const read = () => database.queries.selectFrom('organizations').select('id').execute()
  await add('one')

  renameSync(path, `${path}.away`)
  await expect(add('two')).rejects.toThrow(/was deleted while Postern runs/)
  await expect(read()).rejects.toThrow(/was deleted/)
  copyFileSync(`${path}.away`, path)
  await expect(add('two')).rejects.toThrow(/was replaced while Postern runs/)

  renameSync(`${path}.away`, path)
  await add('three')
  expect(await read()).toEqual([{ id: 'one' }, { id: 'three' }])
})

test('a commit during which the file disappears is not acknowledged', async () => {
  const { database, path } = await openStore()
  const change = database.transaction(async (tx) => {
    await tx.deleteFrom('organizations').execute()
    rmSync(path)
  })
  await expect(change).rejects.toThrow(/was deleted/)
})
