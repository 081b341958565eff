import { chmodSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { workFolderName } from '../backup/work-folder.ts'
import { makeFolder, unfinished } from '../durable-file.ts'
import { lockFiles } from './lock-data-folder.ts'

const ownFiles = [
  'postern.db',
  'postern.db-wal',
  'postern.db-shm',
  'postern.db.restoring',
  'keys',
  'tls',
  'first-run.json',
  'store-position.json',
  'demo-upstream.sock',
  'audit-checkpoints.jsonl',
  workFolderName,
  'journal',
  ...lockFiles,
]

/** Returns whether Postern has created a file of this name in its data folder; other files are left alone. */
export const isOwnFile = (name: string): boolean => ownFiles.includes(name.replace(unfinished, ''))

const stickyBit = 0o1000

/**
 * Creates the data folder if it is missing, and removes the access of other users to it and to Postern's
 * files in it. Returns one sentence for each that other users could read, or still can.
 */
export function openDataFolder(folder: string): string[] {
  makeFolder(folder)
  if (process.platform === 'win32') return []
  const own = readdirSync(folder)
    .filter(isOwnFile)
    .map((name) => join(folder, name))
  return [folder, ...own].flatMap((path) => tighten(path, path !== folder))
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
  // A shared folder such as /tmp must stay accessible to other programs.
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
