import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, 'corpus')

/** One input that is kept; its name comes from its content. */
export interface CorpusInput {
  name: string
  bytes: Uint8Array
}

/** The inputs that are kept for a reader, the smallest first. */
export function readCorpus(reader: string): CorpusInput[] {
  const folder = join(root, reader)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(folder, name))) }))
    .sort((a, b) => a.bytes.length - b.bytes.length || (a.name < b.name ? -1 : 1))
}

const problemPrefix = 'problem-'

/** Whether an input is kept because of what it once showed. */
export const hasShownProblem = ({ name }: CorpusInput): boolean => name.startsWith(problemPrefix)

/** Keeps an input; gives its name. */
export function keepInput(reader: string, bytes: Uint8Array, isProblem = false): string {
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
  const name = isProblem ? problemPrefix + hash : hash
  mkdirSync(join(root, reader), { recursive: true })
  writeFileSync(join(root, reader, name), bytes)
  return name
}

/** Keeps an input no longer. */
export function dropInput(reader: string, name: string): void {
  rmSync(join(root, reader, name))
}
