import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** What the data folder of Postern can hold; anything else in it is left alone. */
export const ownDataFiles = [
  'postern.db',
  'postern.db-wal',
  'postern.db-shm',
  'keys',
  'tls',
  'first-run.json',
  'first-run.json.new',
  'demo-upstream.sock',
  'audit-checkpoints.jsonl',
]

const stickyBit = 0o1000

/**
 * Makes the data folder where it is missing, and takes it and what Postern keeps in it from everybody but their
 * owner. Gives one sentence for each that others could read, or still can.
 */
export function openDataFolder(folder: string): string[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (process.platform === 'win32') return []
  return [folder, ...ownDataFiles.map((name) => join(folder, name))].flatMap((path) =>
    tighten(path, path !== folder),
  )
}

function tighten(path: string, isDeep: boolean): string[] {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined || found.isSymbolicLink()) return []
  const below = isDeep && found.isDirectory() ? readdirSync(path).map((name) => join(path, name)) : []
  return [...takeFromOthers(path, found.mode), ...below.flatMap((each) => tighten(each, true))]
}

function takeFromOthers(path: string, mode: number): string[] {
  if ((mode & 0o077) === 0) return []
  const was = (mode & 0o777).toString(8).padStart(4, '0')
  // A folder that all share, as /tmp is, would be taken from other programs.
  if ((mode & stickyBit) !== 0)
    return [`Others can read ${path} (mode ${was}). Use a folder of Postern's own.`]
  try {
    chmodSync(path, mode & 0o700)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return [
      `Others can read ${path} (mode ${was}), and that cannot be changed (${code}). Change its owner or its mode.`,
    ]
  }
  return [
    `Others could read ${path} (mode ${was}). Its mode is ${(mode & 0o700).toString(8).padStart(4, '0')} now.`,
  ]
}
