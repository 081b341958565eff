import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import type { Database, Tx } from '../storage/database.ts'
import { quiet } from '../storage/transact.ts'
import { createJournalFolder, type JournalFolder } from './journal-files.ts'
import { createJournalLines } from './journal-line.ts'
import { continueAbove, findLastNumber, listNamedRows, readEntries, withEnd } from './journal-store.ts'

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
  authorityKey: Uint8Array
  clock: Clock
  /** Receives a folder that could not be written while another one could. */
  onFailure(what: string, error: unknown): void
}

/** A place of the journal, and which numbers it has. */
interface Place extends JournalFolder {
  /** Everything up to this number was written, or is not wanted. */
  reached: number
  written: Set<number>
}

/**
 * Creates the journal of a store: changes that a restore must not take back are on the disk, in files beside the store,
 * before their transaction is saved. `database` does so with each transaction once `start` was called.
 */
export function createJournal({ database, folders, authorityKey, clock, onFailure }: JournalDependencies) {
  const lines = createJournalLines(authorityKey)
  let places: Place[] | undefined

  /** Returns what each place got. Throws `storage_unavailable` if no place can be written. */
  const write = async (tx: Tx, late: number): Promise<Map<Place, number[]>> => {
    const written = new Map<Place, number[]>()
    if (places === undefined) return written
    const from = Math.max(0, Math.min(...places.map(({ reached }) => reached)) - late)
    const named = await listNamedRows(tx, from)
    if (places.every((place) => named.every(({ sequence }) => isThere(place, sequence)))) return written
    const entries = await readEntries(tx, named)
    let failure: unknown
    for (const place of places) {
      const own = entries.filter(({ sequence }) => !isThere(place, sequence))
      try {
        if (own.length > 0) place.append(own, clock.now())
        written.set(
          place,
          own.map(({ sequence }) => sequence),
        )
      } catch (error) {
        failure = error
        onFailure('write-journal', error)
      }
    }
    if (written.size === 0) throw unwritable(places, failure)
    return written
  }
  const settle = (written: Map<Place, number[]>): void => {
    for (const [place, numbers] of written) remember(place, numbers)
  }
  const journaled = withEnd(database, { before: (tx) => write(tx, 0), after: settle })
  const catchUp = async (): Promise<void> =>
    settle(await database.transaction((tx) => write(tx, lateNumbers), quiet))

  return {
    database: journaled,

    /** Goes on where the files end, or begins them. To be called once the tables of this release are there. */
    async start(): Promise<void> {
      const last = await findLastNumber(database.queries)
      const opened = folders.map((folder): Place => {
        const files = createJournalFolder(folder, lines)
        const reached = files.findLast()
        if (reached === undefined) files.append([{ start: last }], clock.now())
        return { ...files, reached: reached ?? last, written: new Set() }
      })
      const highest = Math.max(0, ...opened.map(({ reached }) => reached))
      await database.transaction((tx) => continueAbove(tx, highest, clock.now()), quiet)
      places = opened
      await catchUp()
    },

    /** Writes what other processes have changed. */
    catchUp,
  }
}

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

const unwritable = (places: readonly Place[], cause: unknown) =>
  new PosternError(
    'storage_unavailable',
    `The journal cannot be written (${places.map(({ folder }) => folder).join(', ')}), so the change was not made. Make room there, or make the folder writable.`,
    { cause, retryAfterSeconds: 60 },
  )
