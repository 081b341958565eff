import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { measureStore } from '../backup/open-source-store.ts'
import { moveToPostgres, recordMove } from '../backup/restore-store.ts'
import { assertSqliteIntact, copySqlite } from '../backup/sqlite-source-store.ts'
import { assertRoom } from '../backup/work-folder.ts'
import { readSettings } from '../config/read-settings.ts'
import { toConfig } from '../config/to-config.ts'
import { toSecrets } from '../config/to-secrets.ts'
import { formatCount } from '../contract/format-count.ts'
import { moveFile } from '../durable-file.ts'
import { PosternError } from '../errors.ts'
import { assertStopped } from './assert-stopped.ts'
import { inWorkFolder } from './backup-tools.ts'
import { lockDataFolder } from './lock-data-folder.ts'
import { actorOf } from './with-store.ts'

/**
 * Moves the SQLite store of the data folder into an empty PostgreSQL database, in one transaction, every row compared.
 * The file is kept under another name, so that nothing starts on it again. Returns the exit code. Throws `conflict`
 * while Postern runs, or if the database holds something.
 */
export async function storeMove(): Promise<number> {
  const settings = readSettings()
  const config = toConfig(settings)
  const { storage } = toSecrets(settings, config, 'tool')
  if (storage.engine !== 'postgres')
    throw new PosternError(
      'bad_request',
      'Set storage.engine to postgres and POSTERN_DATABASE_URL to an empty database, then run postern store move.',
    )
  const path = join(config.dataFolder, 'postern.db')
  if (!existsSync(path)) throw new PosternError('bad_request', `There is no SQLite store at ${path}.`)
  await assertStopped(config)
  const held = lockDataFolder(config.dataFolder, { portal: true, gateway: true, publication: true })
  try {
    assertRoom(config.dataFolder, 2 * (await measureStore({ engine: 'sqlite', path })))
    const { rows } = await inWorkFolder(config.dataFolder, async (folder) => {
      const copy = join(folder, 'copy.db')
      await copySqlite(path, copy)
      assertSqliteIntact(copy)
      return moveToPostgres(copy, storage.url)
    })
    const now = Date.now()
    await recordMove(storage, { rows, actor: actorOf('store-move'), now })
    const kept = `${path}.moved-${now}`
    for (const end of ['-wal', '-shm', ''])
      if (existsSync(`${path}${end}`)) moveFile(`${path}${end}`, `${kept}${end}`)
    process.stdout.write(
      `${formatCount(rows, 'row')} are in PostgreSQL, each read again and compared. The SQLite store is kept as ${kept}: delete it when you have a backup.\n`,
    )
  } finally {
    held.release()
  }
  return 0
}
