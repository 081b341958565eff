import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder, syncFolder } from '../durable-file.ts'
import type { JournalEntry, JournalLines, JournalStart } from './journal-line.ts'

const namePattern = /^\d{4}-\d{2}\.jsonl$/
/** No backup that is older is restored. */
const keptMonths = 25
/** The last entry is in it: an entry is a row, at most some ten thousand octets. */
const tailOctets = 1 << 20
const lineFeed = 10
/** As much as the smallest piece of most file systems. */
const probeOctets = 4096

const listFiles = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => namePattern.test(name))
        .sort()
    : []

/** Creates the writer of a journal in one folder: a file for each month, to which lines are added and nothing else. */
export function createJournalFolder(folder: string, lines: JournalLines) {
  return {
    folder,

    /** Writes a block to the disk beside the entries, and removes it. Throws the system's error. */
    async probe(): Promise<void> {
      // What a killed process leaves is written over.
      const path = join(folder, `${process.pid}.probe`)
      try {
        await writeFile(path, Buffer.alloc(probeOctets), { mode: 0o600, flush: true })
      } finally {
        await rm(path, { force: true })
      }
    },

    /** Returns the highest number of the last entries; undefined if there is no entry. */
    findLast(): number | undefined {
      for (const name of listFiles(folder).reverse()) {
        const numbers = readTail(join(folder, name)).split('\n').map(lines.read)
        const last = numbers.flatMap((entry) => (entry === undefined ? [] : [numberOf(entry)]))
        if (last.length > 0) return Math.max(...last)
      }
      return undefined
    },

    /** Adds entries; they are on the disk when it returns. Throws the system's error. */
    append(entries: readonly (JournalEntry | JournalStart)[], now: number): void {
      const name = `${new Date(now).toISOString().slice(0, 7)}.jsonl`
      const path = join(folder, name)
      const isNew = !existsSync(path)
      if (isNew) makeFolder(folder)
      const descriptor = openSync(path, 'a', 0o600)
      try {
        // A line that a power cut has cut off stays a line of its own.
        const octets = Buffer.from(
          `\n${entries.map((entry) => lines.write({ ...entry, written: now })).join('')}`,
        )
        // One write, so that entries of two processes do not mix.
        if (writeSync(descriptor, octets) < octets.length) throw new Error('the disk took a part of it')
        fdatasyncSync(descriptor)
      } finally {
        closeSync(descriptor)
      }
      if (!isNew) return
      syncFolder(folder)
      for (const old of listFiles(folder).slice(0, -keptMonths)) rmSync(join(folder, old))
    },
  }
}

export type JournalFolder = ReturnType<typeof createJournalFolder>

const numberOf = (entry: JournalEntry | JournalStart) => ('start' in entry ? entry.start : entry.sequence)

function readTail(path: string): string {
  const descriptor = openSync(path, 'r')
  try {
    const { size } = fstatSync(descriptor)
    const octets = Buffer.alloc(Math.min(size, tailOctets))
    readSync(descriptor, octets, 0, octets.length, size - octets.length)
    return octets.toString('utf8')
  } finally {
    closeSync(descriptor)
  }
}

/** What journals say of the time after a backup. */
export interface ReadJournal {
  /** The entries after the backup in the order of the store, each number once. */
  entries: JournalEntry[]
  /** Whether every change after the backup is among them, up to the last one that was written. */
  isWhole: boolean
  /** The highest number of all. */
  last: number
}

/** How far a backup has come in the journal. */
export interface BackupPoint {
  /** The number that it has reached. */
  from: number
  /** When that was, at the latest: milliseconds since 1970. */
  reachedAt: number
}

/** A change is in the journal before it is saved; what commands change, within seconds. */
const writtenWithinMs = 60_000
/** A line that was cut off does not end like this. */
const wholeLine = /^[\w-]{43} \{.*\}$/

/**
 * Reads the journals in `folders` together: what one lacks another may have. A journal is whole only if it was there when
 * the backup was made: one that began later knows nothing of the time between, though its numbers may fit. Nor is it if
 * it has lines of later that were changed or written with another key.
 */
export function readJournals(
  folders: readonly string[],
  lines: JournalLines,
  { from, reachedAt }: BackupPoint,
): ReadJournal {
  const known = new Map<number, JournalEntry>()
  let isAnchored = false
  let doubtful = 0
  let last = from
  for (const folder of folders) {
    let doubtfulHere = 0
    let isOfAnother = false
    for (const name of listFiles(folder))
      for (const line of readLines(join(folder, name))) {
        if (line === '') continue
        const entry = lines.read(line)
        if (entry === undefined) {
          if (wholeLine.test(line)) doubtfulHere += 1
          continue
        }
        const isOfBackup = numberOf(entry) <= from && entry.written <= reachedAt + writtenWithinMs
        if (isOfBackup && ('start' in entry || entry.sequence === from)) isAnchored = true
        // A store that was begun anew after the backup has numbers of its own.
        if ('start' in entry) isOfAnother = !isOfBackup && entry.start < from
        if (isOfAnother) continue
        // Lines before the backup may be of an older key.
        if (isOfBackup) doubtfulHere = 0
        last = Math.max(last, numberOf(entry))
        if (!('start' in entry) && entry.sequence > from && !isEmptied(entry, known.get(entry.sequence)))
          // A number is given again where its transaction came to nothing: the later entry counts.
          known.set(entry.sequence, entry)
      }
    doubtful += doubtfulHere
  }
  const entries = [...known.values()].sort((a, b) => a.sequence - b.sequence)
  const isWhole =
    isAnchored &&
    doubtful === 0 &&
    entries.every(({ previous }) => previous >= 0 && (previous <= from || known.has(previous)))
  return { entries, isWhole, last }
}

/** Returns whether an entry is of an erasure that has ended since `present` was written, which says what to look for. */
const isEmptied = ({ table, row }: JournalEntry, present: JournalEntry | undefined): boolean =>
  table === 'erasures' &&
  row?.texts === null &&
  present?.table === 'erasures' &&
  typeof present.row?.texts === 'string'

/** Reads a file line by line: a busy month has more than a string can hold. */
function* readLines(path: string): Generator<string> {
  const descriptor = openSync(path, 'r')
  try {
    const octets = Buffer.alloc(tailOctets)
    let rest: Buffer = Buffer.alloc(0)
    for (let length = readSync(descriptor, octets); length > 0; length = readSync(descriptor, octets)) {
      const text = Buffer.concat([rest, octets.subarray(0, length)])
      const end = text.lastIndexOf(lineFeed)
      yield* text.toString('utf8', 0, Math.max(0, end)).split('\n')
      rest = text.subarray(end + 1)
    }
    yield rest.toString('utf8')
  } finally {
    closeSync(descriptor)
  }
}
