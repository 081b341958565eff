import { execFileSync } from 'node:child_process'
import { chmodSync, lstatSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** The time of every file, as npm has it in its archives. */
const time = '1985-10-26 08:15:00Z'
const maxBytes = 1024 * 1024 * 1024

/**
 * Writes the archive of a folder, with the name of the folder as its only entry at the top. The same files give the
 * same bytes: names are sorted; time, owner and modes do not come from this machine. Needs GNU tar.
 */
export function makeArchive(folder: string, file: string): void {
  setModes(folder)
  writeFileSync(file, gzipSync(toTar(dirname(folder), basename(folder)), { level: 9 }))
}

/** Returns the tar of what is at `path` below `folder`, with numbers of an owner: the same bytes for the same files. */
export function toTar(folder: string, path: string, owner = 0): Buffer {
  return execFileSync(
    'tar',
    [
      ...['--create', '--format=ustar', '--sort=name', `--mtime=${time}`],
      ...[`--owner=${owner}`, `--group=${owner}`, '--numeric-owner', '-C', folder, path],
    ],
    { maxBuffer: maxBytes, env: { ...process.env, LC_ALL: 'C' } },
  )
}

/** Everybody may read what the archive has, and run what has a line for it. */
export function setModes(folder: string): void {
  for (const name of ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })]) {
    const path = join(folder, name)
    const stats = lstatSync(path)
    if (stats.isSymbolicLink()) throw new Error(`${path} is a symbolic link`)
    chmodSync(path, stats.isDirectory() || name === 'src/main.js' ? 0o755 : 0o644)
  }
}
