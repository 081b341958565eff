import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

/**
 * The input of the comparison: the release's list of digests, its archive, and the program that npm has
 * installed.
 */
export interface NodeFiles {
  /** `SHASUMS256.txt` of the release. Use `gpg` to verify that Node's release team signed it. */
  checksums: string
  /** `node-v24.…-linux-x64.tar.gz` or `.tar.xz` of the same release, with its original name. */
  archive: string
  program: string
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/**
 * Compares the Node program of the npm package with that of the published release by SHA-256. Returns the
 * digest of both. Throws an error whose sentence says what differs.
 */
export function compareNode({ checksums, archive, program }: NodeFiles): string {
  for (const file of [checksums, archive, program])
    if (!existsSync(file)) throw new Error(`${file} is not there.`)
  const name = basename(archive)
  const published = readFileSync(checksums, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([, listed]) => listed === name)?.[0]
  if (published === undefined) throw new Error(`${checksums} has no digest of ${name}.`)
  if (sha256(readFileSync(archive)) !== published)
    throw new Error(`${archive} is not the archive of the release: its digest is not the published one.`)
  const released = sha256(readReleased(archive, name))
  if (sha256(readFileSync(program)) !== released)
    throw new Error(`${program} is not the program of the release in ${name}. Do not run it.`)
  return released
}

function readReleased(archive: string, name: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'postern-node-'))
  try {
    const inside = `${name.replace(/\.tar\.[gx]z$/, '')}/bin/node`
    execFileSync('tar', ['-xf', archive, '-C', folder, inside], { stdio: ['ignore', 'ignore', 'pipe'] })
    return readFileSync(join(folder, inside))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
