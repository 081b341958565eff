import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PosternError } from '../errors.ts'

const parts = ['portal', 'gateway', 'publication'] as const
const busy = 5

/** Keeps references: an unreferenced database is garbage collected, and its lock with it. */
const held = new Set<DatabaseSync>()

/** The names of the lock files. */
export const lockFiles: readonly string[] = parts.map(lockFileOf)

/**
 * Locks a data folder so that no other process runs the same parts on it or changes it, until `release` or
 * the end of this process, even by a crash: SQLite's file locks belong to the operating system. Throws
 * `conflict` if another process has the lock.
 */
export function lockDataFolder(
  folder: string,
  wanted: { portal: boolean; gateway: boolean; publication?: boolean },
) {
  const own: { release(): void }[] = []
  const release = (): void => {
    for (const lock of own.splice(0)) lock.release()
  }
  for (const part of parts.filter((one) => wanted[one])) {
    try {
      own.push(
        lockFile(
          join(folder, lockFileOf(part)),
          `Another Postern runs its ${part} on the data folder ${folder}. Stop it first, or give this one a folder of its own with POSTERN_DATA.`,
        ),
      )
    } catch (error) {
      release()
      throw error
    }
  }
  return { release }
}

/** Locks a file until `release` or the end of this process. Throws `conflict` with `sentence` if it is locked. */
export function lockFile(path: string, sentence: string): { release(): void } {
  const lock = new DatabaseSync(path, { timeout: 0 })
  const release = (): void => {
    held.delete(lock)
    if (lock.isOpen) lock.close()
  }
  held.add(lock)
  try {
    lock.exec('begin exclusive')
    return { release }
  } catch (error) {
    release()
    throw (error as { errcode?: number }).errcode === busy ? new PosternError('conflict', sentence) : error
  }
}

function lockFileOf(part: (typeof parts)[number]): string {
  return `${part}.lock`
}
