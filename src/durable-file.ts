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

/** Error codes of a file system without hard links, as on USB sticks and some network shares. */
const withoutLinks: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/**
 * Creates a file that exists completely or not at all, even after a power cut, once this returns; on a file
 * system without hard links, it is complete once this returns. Follows no link. `mode` is that of the file,
 * such as 0o600. Throws the system's error, `EEXIST` if the file exists.
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
 * Replaces the content of a file: a reader sees the old content or the new, never a part, even after a power
 * cut. Throws the system's error, and then the old content stays.
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

/** Renames a file over another in its folder, durable after a power cut. Throws the system's error. */
export function moveFile(from: string, to: string): void {
  renameSync(from, to)
  syncFolder(dirname(to))
}

/** Creates a folder for its owner only, with missing parents, durable after a power cut. */
export function makeFolder(path: string): void {
  const first = mkdirSync(path, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  const top = dirname(resolve(first))
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    syncFolder(folder)
    if (folder === top || folder === dirname(folder)) return
  }
}

/** Syncs the names in a folder to disk: a synced file can still lose its name (POSIX, fsync). */
export function syncFolder(path: string): void {
  // Windows cannot open a folder, and persists its names itself.
  if (process.platform === 'win32') return
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } catch (error) {
    // Some network file systems cannot sync a folder: they persist its names themselves, or not at all.
    if (!['EINVAL', 'ENOTSUP', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    closeSync(descriptor)
  }
}

/** The temporary name of a file until it is complete, derived from its final name. */
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
