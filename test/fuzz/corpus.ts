import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, 'corpus')

/** One stored input, named after its content. */
export interface CorpusInput {
  name: string
  bytes: Uint8Array
}

/** Returns the inputs stored for a reader, smallest first. */
export function readCorpus(reader: string): CorpusInput[] {
  const folder = join(root, reader)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(folder, name))) }))
    .sort((a, b) => a.bytes.length - b.bytes.length || (a.name < b.name ? -1 : 1))
}

const problemPrefix = 'problem-'

/** Returns whether an input is kept because it once showed a problem. */
export const hasShownProblem = ({ name }: CorpusInput): boolean => name.startsWith(problemPrefix)

/** Stores an input; returns its name. */
export function keepInput(reader: string, bytes: Uint8Array, isProblem = false): string {
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
  const name = isProblem ? problemPrefix + hash : hash
  mkdirSync(join(root, reader), { recursive: true })
  writeFileSync(join(root, reader, name), bytes)
  return name
}

/** Deletes a stored input. */
export function dropInput(reader: string, name: string): void {
  rmSync(join(root, reader, name))
}
