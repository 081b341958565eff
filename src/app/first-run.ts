import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder, replaceFile } from '../durable-file.ts'

/** A person who was made at the first start and has not chosen a password yet. */
export interface FirstPerson {
  email: string
  oneTimePassword: string
  role: string
  organization: string | null
}

/** What is printed at the first start, and kept until every one-time password has been used. */
export interface FirstRun {
  portal: string
  gateways: Record<string, string>
  publication: string
  people: FirstPerson[]
}

const pathIn = (dataFolder: string) => join(dataFolder, 'first-run.json')

/** Writes `first-run.json`, readable by its owner alone. */
export function writeFirstRun(dataFolder: string, facts: FirstRun): void {
  makeFolder(dataFolder)
  replaceFile(pathIn(dataFolder), `${JSON.stringify(facts, null, 2)}\n`, 0o600)
}

/** What still waits for a first sign-in, or nothing. */
export function findFirstRun(dataFolder: string): FirstRun | undefined {
  if (!existsSync(pathIn(dataFolder))) return undefined
  return JSON.parse(readFileSync(pathIn(dataFolder), 'utf8')) as FirstRun
}

/** Forgets the one-time password of a person who has used it; the file goes with the last one. */
export function forgetFirstPassword(dataFolder: string, email: string): void {
  const facts = findFirstRun(dataFolder)
  if (facts === undefined) return
  const people = facts.people.filter((person) => person.email !== email)
  if (people.length === 0) rmSync(pathIn(dataFolder))
  else writeFirstRun(dataFolder, { ...facts, people })
}
