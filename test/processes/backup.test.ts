import { appendFileSync, copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { openDatabase } from '../../src/storage/database.ts'
import { type PosternPlace, preparePostern } from '../support/postern.ts'
import { createPostgresDatabase } from '../support/postgres.ts'
import { killRestore, readState } from '../support/torture-restore.ts'

const kills = Number(process.env.POSTERN_KILLS ?? 5)

async function run(place: PosternPlace, ...commandLine: string[]) {
  const command = place.run(...commandLine)
  return { exitCode: await command.exitCode, output: command.output() }
}

async function prepare(url?: string) {
  const place = await preparePostern(
    url === undefined
      ? {}
      : { config: { storage: { engine: 'postgres' } }, environment: { POSTERN_DATABASE_URL: url } },
  )
  const folder = join(place.dataFolder, '..')
  return { place, folder, file: join(folder, 'a.backup'), identity: join(folder, 'identity.txt') }
}

test.each(['sqlite', 'postgres'] as const)(
  'a backup of a running Postern is restored whole, however often the restore is killed (%s)',
  { timeout: 600_000 },
  async (engine) => {
    const newDatabase = () =>
      engine === 'sqlite' ? undefined : createPostgresDatabase(inject('postgresUrl'))
    const { place, folder, file, identity } = await prepare(await newDatabase())
    const made = await run(place, 'backup', 'keygen', identity)
    const recipient = /age1\S+/.exec(made.output)?.[0] ?? ''
    const postern = await place.start('--portal')
    expect((await run(place, 'backup', file)).output).toContain('--recipient')
    const backedUp = await run(place, 'backup', file, '--recipient', recipient)
    expect(backedUp).toEqual({ exitCode: 0, output: expect.stringContaining('is verified') })
    expect(backedUp.output).toContain('3 keys of CAs opened and signed')
    expect(await run(place, 'backup', 'verify', file, '--identity', identity)).toEqual({
      exitCode: 0,
      output: expect.stringContaining('is whole'),
    })
    const practised = await run(place, 'drill', file, '--identity', identity)
    expect(practised).toEqual({
      exitCode: 0,
      output: expect.stringMatching(/RTO: [\d.]+ s .*\nRPO: none for/),
    })
    const secret = readFileSync(identity, 'utf8').split('\n')[1] ?? ''
    expect(made.output + backedUp.output).not.toContain(secret)
    const restore = [file, '--identity', identity]
    if (engine === 'sqlite')
      expect(await run(place, 'restore', ...restore)).toEqual({
        exitCode: 1,
        output: expect.stringContaining('Postern is running here'),
      })
    await postern.end()
    // What is in the way of a restore is another database.
    if (engine === 'postgres') {
      expect((await run(place, 'restore', ...restore)).output).toContain('holds something already')
      const url = (await newDatabase()) ?? ''
      place.storage = { engine: 'postgres', url }
      place.variables.POSTERN_DATABASE_URL = url
    }

    const begun = performance.now()
    const untouched = engine === 'sqlite' ? join(place.dataFolder, 'postern.db') : ''
    if (engine === 'sqlite') copyFileSync(untouched, join(folder, 'old.db'))
    expect((await run(place, 'restore', ...restore)).exitCode).toBe(0)
    const lastsMs = (performance.now() - begun) * 1.1
    expect(await readState(place.storage)).toBe('new')
    const found: string[] = []
    for (let count = 0; count < kills; count += 1) {
      if (engine === 'sqlite') {
        for (const end of ['-wal', '-shm']) rmSync(`${untouched}${end}`, { force: true })
        copyFileSync(join(folder, 'old.db'), untouched)
      } else if (found.at(-1) !== 'unfinished' && found.at(-1) !== 'old') {
        const url = (await newDatabase()) ?? ''
        place.storage = { engine: 'postgres', url }
        place.variables.POSTERN_DATABASE_URL = url
      }
      found.push(await killRestore(place, restore, lastsMs))
    }
    expect(found.filter((state) => !['old', 'new', 'unfinished'].includes(state))).toEqual([])
    if (engine === 'sqlite') expect(found).not.toContain('unfinished')
    if (found.at(-1) !== 'new') expect(await run(place, 'restore', ...restore)).toMatchObject({ exitCode: 0 })
    expect(await readState(place.storage)).toBe('new')
    expect(readdirSync(place.dataFolder).filter((name) => name.endsWith('.restoring'))).toEqual([])

    const again = await place.start('--portal')
    const verified = await run(place, 'audit', 'verify')
    expect(verified).toEqual({ exitCode: 0, output: expect.stringContaining('The audit log is whole') })
    await again.stop()
  },
)

test('without the master key of the store nothing is restored', { timeout: 240_000 }, async () => {
  const { place, file, identity } = await prepare()
  const recipient = /age1\S+/.exec((await run(place, 'backup', 'keygen', identity)).output)?.[0] ?? ''
  const postern = await place.start('--portal')
  await run(place, 'backup', file, '--recipient', recipient)
  await postern.end()
  const keyFile = join(place.dataFolder, 'keys', 'authority.key')
  const key = readFileSync(keyFile, 'utf8')
  writeFileSync(keyFile, Buffer.alloc(32, 7).toString('base64'))
  const restore = () => run(place, 'restore', file, '--identity', identity)
  expect(await restore()).toEqual({
    exitCode: 1,
    output: expect.stringContaining('is not the one they were'),
  })
  expect(await readState(place.storage)).toBe('old')
  writeFileSync(keyFile, key)
  rmSync(join(place.dataFolder, 'journal'), { recursive: true })
  expect((await restore()).output).toContain('and held')
  const database = await openDatabase(place.storage)
  const held = await database.queries.selectFrom('restores').select('state').execute()
  expect(held).toEqual([{ state: 'held' }])
  await database.close()
  expect((await run(place, 'restore')).output).toContain('and held')
  expect((await run(place, 'restore', '--without-journal')).exitCode).toBe(0)
  expect((await run(place, 'restore', '--without-journal')).output).toContain('No store is held')
  place.remove()
})

test('a SQLite store moves into PostgreSQL, and Postern goes on there', { timeout: 240_000 }, async () => {
  const { place } = await prepare()
  const postern = await place.start('--portal')
  expect((await run(place, 'store', 'move')).output).toContain('Set storage.engine to postgres')
  await postern.end()
  const before = await openDatabase(place.storage)
  const count = async ({ queries }: typeof before) =>
    (await queries.selectFrom('audit').select('hash').orderBy('sequence').execute()).map(({ hash }) => hash)
  const hashes = await count(before)
  await before.close()
  appendFileSync(place.configFile, 'storage:\n  engine: postgres\n')
  const url = await createPostgresDatabase(inject('postgresUrl'))
  place.variables.POSTERN_DATABASE_URL = url
  expect(await run(place, 'store', 'move')).toEqual({
    exitCode: 0,
    output: expect.stringMatching(/rows are in PostgreSQL, each read again and compared/),
  })
  expect(readdirSync(place.dataFolder).filter((name) => /^postern\.db\.moved-\d+$/.test(name))).toHaveLength(
    1,
  )
  expect((await run(place, 'store', 'move')).output).toContain('There is no SQLite store')
  const moved = await openDatabase({ engine: 'postgres', url })
  expect((await count(moved)).slice(0, hashes.length)).toEqual(hashes)
  await moved.close()
  expect((await run(place, 'audit', 'verify')).output).toContain('The audit log is whole')
  const again = await place.start('--portal')
  await again.stop()
})
