import { existsSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { makeFolder } from '../durable-file.ts'
import { PosternError } from '../errors.ts'

const lockName = 'backup.lock'

/** The folder in the data folder in which copies of the store are made and checked. */
export const workFolderName = 'backup-work'

/**
 * Runs `work` with a folder of its own in the data folder, which is deleted with all its files, also if it is left from
 * a run that was killed. `lock` keeps others out until it is released. Throws `conflict` if it is in use.
 */
export async function withWorkFolder<T>(
  dataFolder: string,
  lock: (path: string) => { release(): void },
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = join(dataFolder, workFolderName)
  makeFolder(folder)
  const held = lock(join(folder, lockName))
  const empty = () => {
    for (const name of readdirSync(folder))
      if (!name.startsWith(lockName)) rmSync(join(folder, name), { recursive: true })
  }
  try {
    empty()
    return await work(folder)
  } finally {
    empty()
    held.release()
  }
}

/** Returns the nearest folder of a path that exists. */
function findFolder(path: string): string {
  const folder = resolve(path)
  return existsSync(folder) ? folder : findFolder(dirname(folder))
}

/** Checks that the disk of `folder` has room for `octets`. Throws `storage_unavailable`. */
export function assertRoom(folder: string, octets: number): void {
  const { bavail, bsize } = statfsSync(findFolder(folder))
  const free = bavail * bsize
  if (free >= octets) return
  const inMegabytes = (count: number) => `${Math.ceil(count / 1_000_000).toLocaleString('en')} MB`
  throw new PosternError(
    'storage_unavailable',
    `${folder} has ${inMegabytes(free)} free, and about ${inMegabytes(octets)} are needed. Free the space, or choose another disk. Nothing was written.`,
  )
}
