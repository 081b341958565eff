import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openDatabase } from '../storage/database.ts'
import { migrate } from '../storage/migrate.ts'
import { openUsageWriter } from './usage-writer.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-usage-'))
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true, force: true })
})

const placeOf = (name: string) => ({ engine: 'sqlite' as const, path: join(folder, name, 'postern.db') })
const revocation = { tokenId: 'one', environment: 'production', expiresAt: 2, revokedAt: 1 }

async function makeStore(name: string) {
  mkdirSync(join(folder, name))
  const database = await openDatabase(placeOf(name))
  await migrate(database)
  return database
}

test('the usage writer opens a store that could not be opened before with the next request, and writes the data', async () => {
  const writer = openUsageWriter(placeOf('late'))
  await expect(writer.revokeToken(revocation)).rejects.toMatchObject({ code: 'storage_unavailable' })
  const database = await makeStore('late')
  await writer.revokeToken(revocation)
  expect(await database.queries.selectFrom('revoked_tokens').select('id').execute()).toEqual([{ id: 'one' }])
  await writer.close()
  await database.close()
})

test('a mistake of Postern in the thread comes back with its stack, and what the store says as its code alone', async () => {
  const database = await makeStore('whole')
  const writer = openUsageWriter(placeOf('whole'))
  const mistake = await writer.write({} as never).catch((error) => error)
  expect(mistake).toMatchObject({ code: 'storage_unavailable', cause: { name: 'TypeError' } })
  expect(mistake.cause.stack).toContain('save-gateway-status-store.ts')
  await database.queries.schema.dropTable('revoked_tokens').execute()
  const refused = await writer.revokeToken(revocation).catch((error) => error)
  expect(refused.code).toBe('storage_unavailable')
  expect(refused.cause).toBeUndefined()
  await writer.close()
  await database.close()
})

test('the usage writer restarts a thread that dies immediately once, then with growing pauses until one runs', async () => {
  const database = await makeStore('store')
  const flag = join(folder, 'deadly')
  writeFileSync(flag, '')
  const script = join(folder, 'thread.mjs')
  const real = new URL('./usage-worker.ts', import.meta.url)
  writeFileSync(
    script,
    `import { existsSync } from 'node:fs'\nif (existsSync(${JSON.stringify(flag)})) process.exit(1)\nawait import(${JSON.stringify(real.href)})\n`,
  )
  const writer = openUsageWriter(placeOf('store'), pathToFileURL(script))
  const ask = () =>
    writer.revokeToken(revocation).then(
      () => 'written',
      (error) => error.detail,
    )
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  expect([await ask(), await ask()]).toEqual(['thread_ended', 'thread_ended'])
  // Two threads have died: within the pause none is started, even if it would run.
  rmSync(flag)
  now = 499
  expect(await ask()).toBe('thread_ended')
  now = 500
  expect(await ask()).toBe('written')
  await writer.close()
  await database.close()
})
