import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { createFile } from '../../durable-file.ts'
import { PosternError } from '../../errors.ts'
import type { InstalledFile } from './installation.ts'

const [forAll, forOwner] = [0o755, 0o700]

/**
 * Creates all files, or none: it replaces nothing. Throws `bad_request` if one is already there, and the system's
 * error if one cannot be created.
 */
export function writeInstallation(files: readonly InstalledFile[]): void {
  const present = files.filter(({ path }) => existsSync(path)).map(({ path }) => path)
  if (present.length > 0)
    throw new PosternError(
      'bad_request',
      `${present.join(', ')} ${present.length === 1 ? 'is' : 'are'} already there. Nothing was written. Keys that are replaced open nothing in the store any more; choose another folder with --folder, or move the files away.`,
    )
  const written: string[] = []
  try {
    for (const { path, text, mode } of files) {
      makeFolderOf(path, mode === 0o600 ? forOwner : forAll)
      createFile(path, text, mode)
      written.push(path)
      // The umask of Postern takes what others may read.
      chmodSync(path, mode)
    }
  } catch (error) {
    for (const path of written) rmSync(path, { force: true })
    throw error
  }
}

function makeFolderOf(path: string, mode: number): void {
  const folder = dirname(path)
  if (existsSync(folder)) return
  if (!existsSync(dirname(folder))) makeFolderOf(folder, forAll)
  mkdirSync(folder)
  chmodSync(folder, mode)
}
