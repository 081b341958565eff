import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import type { Database, Tx } from '../storage/database.ts'
import { quiet } from '../storage/transact.ts'
import { createJournalFolder, type JournalFolder } from './journal-files.ts'
import { createJournalLines, type JournalEntry } from './journal-line.ts'
import {
  blockSize,
  continueAbove,
  findLastNumber,
  listNamedRows,
  type NamedRow,
  readEntries,
  withEnd,
} from './journal-store.ts'

/**
 * PostgreSQL gives numbers before they are saved: that of a transaction which waits for no other, as one that takes the
 * next number of a CRL, may be saved after a higher one.
 */
const lateNumbers = 200
/** How many written numbers are remembered: more than can be late. */
const remembered = 2000

interface JournalDependencies {
  database: Database
  folders: readonly string[]
  authorityKey: MasterKey
  clock: Clock
  /** Receives a folder that could not be opened or written while another one could. */
  onFailure(what: string, error: unknown): void
}

/** A place of the journal, and which numbers it has. */
interface Place extends JournalFolder {
  /** Everything up to this number was written, or is not wanted. */
  reached: number
  written: Set<number>
  /** Whether it failed and may lack more than a transaction should wait for: it is brought up in the background. */
  isBehind: boolean
}

/**
 * Creates the journal of a store: changes that a restore must not take back are on the disk, in files beside the store,
 * before their transaction is saved. `database` does so with each transaction once `start` was called.
 */
export function createJournal({ database, folders, authorityKey, clock, onFailure }: JournalDependencies) {
  const lines = createJournalLines(authorityKey)
  let places: Place[] | undefined

  /** Adds what a place lacks. Returns its numbers; undefined if the place could not be written. */
  const append = (place: Place, entries: readonly JournalEntry[], failures: unknown[]) => {
    const own = entries.filter(({ sequence }) => !isThere(place, sequence))
    try {
      if (own.length > 0) place.append(own, clock.now())
      return own.map(({ sequence }) => sequence)
    } catch (error) {
      place.isBehind = true
      failures.push(error)
      return undefined
    }
  }

  /** Writes the same places up to the end of the transaction. Returns what each one got that has all of it. */
  const writeTo = async (tx: Tx, some: readonly Place[], failures: unknown[]): Promise<Written> => {
    const written: Written = new Map(some.map((place) => [place, []]))
    let from: number | undefined = Math.min(...some.map(({ reached }) => reached))
    while (from !== undefined && written.size > 0) {
      const named = await listNamedRows(tx, from)
      const entries = await readMissing(tx, [...written.keys()], named)
      for (const [place, numbers] of written) {
        const more = append(place, entries, failures)
        if (more === undefined) written.delete(place)
        else numbers.push(...more)
      }
      from = nextBlock(named)
    }
    return written
  }

  /** Returns what each place got. Throws `storage_unavailable` if no place can be written. */
  const write = async (tx: Tx): Promise<Written> => {
    if (places === undefined) return new Map()
    const failures: unknown[] = []
    for (const some of inOrder(places)) {
      const written = await writeTo(tx, some, failures)
      if (written.size === 0) continue
      for (const failure of failures) onFailure('write-journal', failure)
      return written
    }
    throw unwritable(folders, failures.at(-1))
  }
  const settle = (written: Written): void => {
    for (const [place, numbers] of written) remember(place, numbers)
  }
  const journaled = withEnd(database, { before: write, after: settle })

  /** Writes what a place lacks of what is saved, with one transaction for each block. */
  const catchUpPlace = async (place: Place, failures: unknown[]): Promise<void> => {
    let from: number | undefined = Math.max(0, place.reached - lateNumbers)
    while (from !== undefined) {
      const after: number = from
      const { named, entries } = await database.transaction(async (tx) => {
        const found = await listNamedRows(tx, after)
        return { named: found, entries: await readMissing(tx, [place], found) }
      }, quiet)
      const numbers = append(place, entries, failures)
      if (numbers === undefined) return
      remember(place, numbers)
      from = nextBlock(named)
    }
    place.isBehind = false
  }

  const openPlace = (folder: string, last: number): Place => {
    const files = createJournalFolder(folder, lines)
    const reached = files.findLast()
    if (reached === undefined) files.append([{ start: last }], clock.now())
    return { ...files, reached: reached ?? last, written: new Set(), isBehind: true }
  }

  /** Opens the folders that are not open, and goes on above the numbers in them. */
  const openPlaces = async (): Promise<void> => {
    const open = places ?? []
    const missing = folders.filter((folder) => open.every((place) => place.folder !== folder))
    if (missing.length === 0) return
    const last = await findLastNumber(database.queries)
    const opened: Place[] = []
    const failures: unknown[] = []
    for (const folder of missing)
      try {
        opened.push(openPlace(folder, last))
      } catch (error) {
        failures.push(error)
      }
    if (open.length + opened.length === 0) throw unwritable(folders, failures.at(-1))
    for (const failure of failures) onFailure('open-journal', failure)
    const highest = Math.max(0, ...opened.map(({ reached }) => reached))
    await database.transaction((tx) => continueAbove(tx, highest, clock.now()), quiet)
    places = [...open, ...opened]
  }
  const catchUpAll = async (): Promise<void> => {
    const failures: unknown[] = []
    for (const place of places ?? []) await catchUpPlace(place, failures)
    if (failures.length > 0 && failures.length === places?.length) throw unwritable(folders, failures.at(-1))
    for (const failure of failures) onFailure('write-journal', failure)
  }

  return {
    database: journaled,

    /**
     * Goes on where the files end, or begins them. To be called once the tables of this release are there. A folder
     * that cannot be opened while another one can is tried again at each `catchUp`. Throws `storage_unavailable` if no
     * folder can be opened.
     */
    async start(): Promise<void> {
      await openPlaces()
      await catchUpAll()
    },

    /** Returns how many folders there are, and to how many of them nothing can be written now. */
    async countUnwritable(): Promise<{ unwritable: number; all: number }> {
      const probes = folders.map((folder) => createJournalFolder(folder, lines).probe())
      const results = await Promise.allSettled(probes)
      return {
        unwritable: results.filter(({ status }) => status === 'rejected').length,
        all: results.length,
      }
    },

    /** Writes what other processes have changed, and what a place lacks that could not be opened or written. */
    async catchUp(): Promise<void> {
      if (places === undefined) return
      await openPlaces()
      await catchUpAll()
    },
  }
}

/** What each place got. */
type Written = Map<Place, number[]>

/** Returns the places that a transaction is to try together, until one is written: first those that lack nothing. */
function inOrder(places: readonly Place[]): Place[][] {
  const able = places.filter(({ isBehind }) => !isBehind)
  const behind = places.filter(({ isBehind }) => isBehind).sort((a, b) => b.reached - a.reached)
  return [able, ...behind.map((place) => [place])].filter((some) => some.length > 0)
}

/** Returns where the block after `named` begins; undefined if it was the last one. */
const nextBlock = (named: readonly NamedRow[]): number | undefined =>
  named.length < blockSize ? undefined : named.at(-1)?.sequence

/** Returns the entries of a block, none if every place has all of them. */
const readMissing = async (
  tx: Tx,
  places: readonly Place[],
  named: readonly NamedRow[],
): Promise<JournalEntry[]> =>
  places.every((place) => named.every(({ sequence }) => isThere(place, sequence)))
    ? []
    : readEntries(tx, named)

const isThere = ({ reached, written }: Place, sequence: number): boolean =>
  sequence <= reached - lateNumbers || written.has(sequence)

function remember(place: Place, numbers: readonly number[]): void {
  for (const number of numbers) {
    place.written.add(number)
    place.reached = Math.max(place.reached, number)
  }
  if (place.written.size <= remembered) return
  for (const number of place.written) if (number <= place.reached - lateNumbers) place.written.delete(number)
}

const unwritable = (folders: readonly string[], cause: unknown) =>
  new PosternError(
    'storage_unavailable',
    `The journal cannot be written (${folders.join(', ')}), so the change was not made. Make room there, or make the folder writable.`,
    { cause, retryAfterSeconds: 60 },
  )
