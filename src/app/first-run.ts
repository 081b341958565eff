import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder, replaceFile } from '../durable-file.ts'

/** A user created at the first start who has not chosen a password yet. */
export interface FirstUser {
  email: string
  oneTimePassword: string
  role: string
  organization: string | null
}

/** The data that is printed at the first start, and kept until every one-time password has been used. */
export interface FirstRun {
  portal: string
  gateways: Record<string, string>
  publication: string
  people: FirstUser[]
}

const pathIn = (dataFolder: string) => join(dataFolder, 'first-run.json')

/** Writes `first-run.json`, readable by its owner only. */
export function writeFirstRun(dataFolder: string, details: FirstRun): void {
  makeFolder(dataFolder)
  replaceFile(pathIn(dataFolder), `${JSON.stringify(details, null, 2)}\n`, 0o600)
}

/** Returns the users without a first sign-in; undefined if there are none. */
export function findFirstRun(dataFolder: string): FirstRun | undefined {
  if (!existsSync(pathIn(dataFolder))) return undefined
  return JSON.parse(readFileSync(pathIn(dataFolder), 'utf8')) as FirstRun
}

/** Removes the used one-time password of a user; the file is deleted with the last one. */
export function deleteFirstPassword(dataFolder: string, email: string): void {
  const details = findFirstRun(dataFolder)
  if (details === undefined) return
  const users = details.people.filter((user) => user.email !== email)
  if (users.length === 0) rmSync(pathIn(dataFolder))
  else writeFirstRun(dataFolder, { ...details, people: users })
}
