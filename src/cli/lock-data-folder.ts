import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PosternError } from '../errors.ts'

const parts = ['portal', 'gateway'] as const
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
export function lockDataFolder(folder: string, wanted: { portal: boolean; gateway: boolean }) {
  const own: DatabaseSync[] = []
  const release = (): void => {
    for (const lock of own.splice(0)) {
      lock.close()
      held.delete(lock)
    }
  }
  for (const part of parts.filter((one) => wanted[one])) {
    try {
      const lock = new DatabaseSync(join(folder, lockFileOf(part)), { timeout: 0 })
      own.push(lock)
      held.add(lock)
      lock.exec('begin exclusive')
    } catch (error) {
      release()
      if ((error as { errcode?: number }).errcode !== busy) throw error
      throw new PosternError(
        'conflict',
        `Another Postern runs its ${part} on the data folder ${folder}. Stop it first, or give this one a folder of its own with POSTERN_DATA.`,
      )
    }
  }
  return { release }
}

function lockFileOf(part: (typeof parts)[number]): string {
  return `${part}.lock`
}
