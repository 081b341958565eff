import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PosternError } from '../errors.ts'

const parts = ['portal', 'gateway'] as const
const busy = 5

/** What is forgotten is collected, and its lock with it. */
const held = new Set<DatabaseSync>()

/** The names of the files that are locked. */
export const lockFiles: readonly string[] = parts.map(lockFileOf)

/**
 * Keeps others from running the same parts on a data folder, or from changing it, until `release` or the end of this
 * process, however it ends: SQLite's locks on files are the system's. Throws `conflict` where somebody has them.
 */
export function holdDataFolder(folder: string, wanted: { portal: boolean; gateway: boolean }) {
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
