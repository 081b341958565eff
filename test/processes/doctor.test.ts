import { mkdirSync } from 'node:fs'
import { expect, inject, onTestFinished, test } from 'vitest'
import { recordChange } from '../../src/storage/change-log.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { type PosternPlace, preparePostern } from '../support/postern.ts'
import { withStore } from '../support/users.ts'

const day = 86_400_000

async function askDoctor(place: PosternPlace): Promise<{ exitCode: number | null; output: string }> {
  const { exitCode, output } = place.run('doctor')
  return { exitCode: await exitCode, output: output() }
}

test('postern doctor reports no problem before the first start and creates nothing', async () => {
  const place = await preparePostern()
  onTestFinished(() => place.remove())
  expect(await askDoctor(place)).toEqual({
    exitCode: 0,
    output: 'Configuration, files, store, clock, ports and mail server are in order.\n',
  })
})

test('postern doctor reports that the clock is behind the latest record', async () => {
  const place = await preparePostern()
  onTestFinished(() => place.remove())
  mkdirSync(place.dataFolder, { recursive: true, mode: 0o700 })
  await withStore(place, async (database) => {
    await migrate(database)
    await database.transaction((tx) => recordChange(tx, 'certificate', 'cert_1', Date.now() + 3 * day))
  })
  const { exitCode, output } = await askDoctor(place)
  expect(exitCode).toBe(1)
  expect(output).toMatch(/^The clock of this machine .* is older than the newest record of the store/)
})

test('postern doctor reports why PostgreSQL is unusable, without the password', async () => {
  const url = new URL(inject('postgresUrl'))
  url.pathname = '/no_such_database'
  url.password = 'secret-of-the-store'
  const place = await preparePostern({
    config: { storage: { engine: 'postgres' } },
    environment: { POSTERN_DATABASE_URL: url.href },
  })
  onTestFinished(() => place.remove())
  const { exitCode, output } = await askDoctor(place)
  expect(exitCode).toBe(1)
  expect(output).toContain('no_such_database')
  expect(output).not.toContain('secret-of-the-store')
})
