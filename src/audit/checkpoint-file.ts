import { closeSync, existsSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder, syncFolder } from '../durable-file.ts'
import { PosternError } from '../errors.ts'
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from './checkpoint.ts'

/** What a file of checkpoints holds: one JSON object a line, the newest last. */
export interface ReadCheckpoints {
  checkpoints: Checkpoint[]
  /** The numbers of the lines that hold none: of a write that was cut short, or of somebody else. */
  unreadable: number[]
}

/** A year of a busy log is some megabytes; the newest are at the end. */
const tailOctets = 256 * 1024

/**
 * Checkpoints outside the store, in a file that is only ever added to: what was cut off or written anew in the store
 * still stands here. Each line is on the disk when `append` comes back. Throws `audit_file_unwritable`.
 */
export function createCheckpointFile(path: string) {
  return {
    path,
    /** The newest checkpoints; nothing where the file is not there. */
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

/** What the file holds, or its last octets; nothing where it is not there. Throws what the file system throws. */
export function readCheckpointFile(
  path: string,
  most = Number.POSITIVE_INFINITY,
): ReadCheckpoints | undefined {
  if (!existsSync(path)) return undefined
  const { text, isWhole } = readEnd(path, most)
  const read: ReadCheckpoints = { checkpoints: [], unreadable: [] }
  for (const [index, line] of text.split('\n').entries()) {
    // The first line of a part may have lost its beginning.
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
  // A line that a crash has cut short stays by itself, and the next one is whole.
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
