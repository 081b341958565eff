import { closeSync, existsSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder, syncFolder } from '../durable-file.ts'
import { PosternError } from '../errors.ts'
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from './checkpoint.ts'

/** The content of a checkpoint file: one JSON object per line, the latest last. */
export interface ReadCheckpoints {
  checkpoints: Checkpoint[]
  /** The numbers of invalid lines: from an interrupted write, or from another writer. */
  unreadable: number[]
}

/** A year of a busy log is some megabytes; the latest checkpoints are at the end. */
const tailOctets = 256 * 1024

/**
 * Creates the append-only checkpoint file outside the store: it still contains what was deleted or rewritten
 * in the store. Each line is on the disk when `append` returns. Throws `audit_file_unwritable`.
 */
export function createCheckpointFile(path: string) {
  return {
    path,
    /** Returns the latest checkpoints; none if the file does not exist. */
    readNewest: (): Checkpoint[] => readCheckpointFile(path, tailOctets)?.checkpoints ?? [],
    append(checkpoint: Checkpoint): void {
      try {
        appendLine(path, formatCheckpoint(checkpoint))
      } catch (error) {
        throw new PosternError(
          'audit_file_unwritable',
          `The checkpoint of the audit log cannot be added to ${path}. Make the folder writable, or name another file with audit.checkpointFiles.`,
          { detail: (error as Error).message, cause: error },
        )
      }
    },
  }
}

export type CheckpointFile = ReturnType<typeof createCheckpointFile>

/**
 * Returns the content of the file, or its last octets; empty if it does not exist. Throws the errors of the
 * file system.
 */
export function readCheckpointFile(
  path: string,
  most = Number.POSITIVE_INFINITY,
): ReadCheckpoints | undefined {
  if (!existsSync(path)) return undefined
  const { text, isWhole } = readEnd(path, most)
  const read: ReadCheckpoints = { checkpoints: [], unreadable: [] }
  for (const [index, line] of text.split('\n').entries()) {
    // The first line of a partial read may be incomplete.
    if (line === '' || (index === 0 && !isWhole)) continue
    try {
      read.checkpoints.push(parseCheckpoint(JSON.parse(line)))
    } catch {
      read.unreadable.push(index + 1)
    }
  }
  return read
}

function readEnd(path: string, most: number): { text: string; isWhole: boolean } {
  const descriptor = openSync(path, 'r')
  try {
    const { size } = fstatSync(descriptor)
    const octets = Buffer.alloc(Math.min(size, most))
    const length = readSync(descriptor, octets, 0, octets.length, size - octets.length)
    return { text: octets.toString('utf8', 0, length), isWhole: octets.length === size }
  } finally {
    closeSync(descriptor)
  }
}

function appendLine(path: string, line: string): void {
  const isNew = !existsSync(path)
  if (isNew) makeFolder(dirname(path))
  // An interrupted line stays separate, and the next one is complete.
  const start = isNew || ['', '\n'].includes(readEnd(path, 1).text) ? '' : '\n'
  const descriptor = openSync(path, 'a', 0o600)
  try {
    writeSync(descriptor, `${start}${line}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  if (isNew) syncFolder(dirname(path))
}
