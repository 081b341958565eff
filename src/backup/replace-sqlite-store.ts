import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { replaceFile, syncFolder } from '../durable-file.ts'

const everyPage = 2 ** 30
const sqliteFiles = ['-wal', '-shm', ''] as const
/** Result codes of SQLite for a file that is no database, or a damaged one. */
const unreadable: ReadonlySet<number> = new Set([11, 26])

/**
 * Puts the content of the SQLite file `from` in place of that of `to`, which nobody may have open. SQLite writes it as
 * one transaction: a process that is killed at any moment leaves the old content or the new. A file that SQLite cannot
 * read is kept under another name, which is returned.
 */
export async function replaceSqlite(from: string, to: string): Promise<string | undefined> {
  if (existsSync(to) && isReadable(to)) {
    await overwrite(from, to)
    rmSync(markerOf(to), { force: true })
    return undefined
  }
  // Without a store the next start would make a new authority.
  replaceFile(markerOf(to), 'A restore is under way.\n', 0o600)
  const aside = existsSync(to) ? moveAside(to) : undefined
  placeNew(from, to)
  rmSync(markerOf(to))
  return aside
}

const markerOf = (path: string) => `${path}.restoring`

/** Returns whether a restore of the SQLite file was cut off while there was no store that can be read. */
export const isBeingPlaced = (path: string): boolean => existsSync(markerOf(path))

async function overwrite(from: string, to: string): Promise<void> {
  const source = new DatabaseSync(from)
  try {
    await backup(source, to, { rate: everyPage })
  } finally {
    source.close()
  }
  const file = new DatabaseSync(to)
  file.exec('pragma wal_checkpoint(truncate)')
  file.close()
}

/** Without an old file a rename is one step, if no log of another file is beside it. */
function placeNew(from: string, to: string): void {
  const file = new DatabaseSync(from)
  file.exec('pragma wal_checkpoint(truncate)')
  file.close()
  for (const end of ['-wal', '-shm'])
    if (existsSync(`${to}${end}`)) renameSync(`${to}${end}`, `${to}${end}.left`)
  renameSync(from, to)
  syncFolder(dirname(to))
}

function isReadable(path: string): boolean {
  let file: DatabaseSync | undefined
  try {
    file = new DatabaseSync(path)
    file.exec('begin immediate; rollback')
    file.prepare('select count(*) from sqlite_schema').get()
    return true
  } catch (error) {
    if (unreadable.has((error as { errcode?: number }).errcode ?? 0)) return false
    throw error
  } finally {
    file?.close()
  }
}

function moveAside(path: string): string {
  const name = `${path}.damaged-${Date.now()}`
  for (const end of sqliteFiles) if (existsSync(`${path}${end}`)) renameSync(`${path}${end}`, `${name}${end}`)
  return name
}
