import { execFileSync } from 'node:child_process'
import { chmodSync, lstatSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** The time of every file, as npm has it in its archives. */
const time = '1985-10-26 08:15:00Z'
const maxBytes = 512 * 1024 * 1024

/**
 * Writes the archive of a folder, with the name of the folder as its only entry at the top. The same files give the
 * same bytes: names are sorted; time, owner and modes do not come from this machine. Needs GNU tar.
 */
export function makeArchive(folder: string, file: string): void {
  setModes(folder)
  const tar = execFileSync(
    'tar',
    [
      ...['--create', '--format=ustar', '--sort=name', `--mtime=${time}`],
      ...['--owner=0', '--group=0', '--numeric-owner', '-C', dirname(folder), basename(folder)],
    ],
    { maxBuffer: maxBytes, env: { ...process.env, LC_ALL: 'C' } },
  )
  writeFileSync(file, gzipSync(tar, { level: 9 }))
}

/** Everybody may read what the archive has, and run what has a line for it. */
function setModes(folder: string): void {
  for (const name of ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })]) {
    const path = join(folder, name)
    const stats = lstatSync(path)
    if (stats.isSymbolicLink()) throw new Error(`${path} is a symbolic link`)
    chmodSync(path, stats.isDirectory() || name === 'src/main.js' ? 0o755 : 0o644)
  }
}
