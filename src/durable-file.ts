import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { randomHex } from './random-octets.ts'

/** What a file system says that has no links, as those of USB sticks and of some network shares have none. */
const withoutLinks: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/**
 * Makes a file that is there as a whole or not at all, also after a power cut, once this returns; where the file system
 * has no links, it is whole once this returns. Follows no link. `mode` is that of the file, such as 0o600. Throws the
 * error of the system, `EEXIST` where there is one already.
 */
export function createFile(path: string, text: string, mode: number, link = linkSync): void {
  const written = writeBeside(path, text, mode)
  try {
    link(written, path)
  } catch (error) {
    if (!withoutLinks.has((error as NodeJS.ErrnoException).code)) throw error
    writeNew(path, text, mode)
  } finally {
    rmSync(written, { force: true })
  }
  syncFolder(dirname(path))
}

/**
 * Puts `text` in the place of what a file held: whoever reads it sees the old content or the new, never half of it,
 * also after a power cut. Throws the error of the system, and then the old content stays.
 */
export function replaceFile(path: string, text: string, mode: number): void {
  const written = writeBeside(path, text, mode)
  try {
    moveFile(written, path)
  } catch (error) {
    rmSync(written, { force: true })
    throw error
  }
}

/** Puts a file in the place of another in its folder, also after a power cut. Throws the error of the system. */
export function moveFile(from: string, to: string): void {
  renameSync(from, to)
  syncFolder(dirname(to))
}

/** Makes a folder for its owner alone, with those above it that are missing, so that a power cut leaves it there. */
export function makeFolder(path: string): void {
  const first = mkdirSync(path, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  const top = dirname(resolve(first))
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    syncFolder(folder)
    if (folder === top || folder === dirname(folder)) return
  }
}

/** Brings the names in a folder to the disk: a file that is synced can still lose its name (POSIX, fsync). */
export function syncFolder(path: string): void {
  // Windows opens no folder, and keeps its names by itself.
  if (process.platform === 'win32') return
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } catch (error) {
    // Some network file systems sync no folder: they keep its names by themselves, or not at all.
    if (!['EINVAL', 'ENOTSUP', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    closeSync(descriptor)
  }
}

/** The name under which a file is written until it is whole, after the name that it will have. */
export const unfinished = /\.[0-9a-f]{16}\.new$/

function writeBeside(path: string, text: string, mode: number): string {
  const written = `${path}.${randomHex(8)}.new`
  writeNew(written, text, mode)
  return written
}

function writeNew(path: string, text: string, mode: number): void {
  try {
    writeFileSync(path, text, { mode, flag: 'wx', flush: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') rmSync(path, { force: true })
    throw error
  }
}
