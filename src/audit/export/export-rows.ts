import type { Clock } from '../../clock.ts'
import { toEntryView } from '../audit-entry-view.ts'
import type { AuditStore } from '../audit-store.ts'
import type { Checkpoint } from '../checkpoint.ts'
import type { CheckpointStore } from '../checkpoint-store.ts'
import type { ExportCursor, ExportCursorStore } from './export-cursor-store.ts'
import type { ExportItem } from './export-item.ts'
import type { ExportTarget } from './export-target.ts'

/** So many rows are in memory at once. */
const rowsAtOnce = 100
/** A delivery takes no more rows after this many, and no more after this time: what it was given counts only at its end. */
const maxRows = 5000
const maxMs = 30_000
/** After this time an export ends, and the next one goes on. */
const maxTotalMs = 60_000

/** The dependencies of an export. */
export interface ExportDependencies {
  audit: Pick<AuditStore, 'listAfter' | 'readAfter'>
  checkpoints: Pick<CheckpointStore, 'listBetween'>
  cursors: ExportCursorStore
  clock: Clock
}

/** A target and the name of its cursor. */
export interface NamedTarget {
  key: string
  target: ExportTarget
}

/**
 * Delivers what a target lacks, in order, and moves its cursor after each delivery that the target has. What a delivery
 * that failed had written is delivered again. Throws why a target does not take it.
 */
export async function exportRows(
  dependencies: ExportDependencies,
  { key, target }: NamedTarget,
  signal: AbortSignal,
): Promise<void> {
  const { cursors, clock } = dependencies
  const begun = performance.now()
  while (performance.now() - begun < maxTotalMs) {
    signal.throwIfAborted()
    const from = (await cursors.find(key)) ?? (await begin(dependencies, { key, target }))
    const first = await readItems(dependencies, from)
    if (first === undefined) return
    const reached = await deliver(dependencies, target, first, signal)
    // Another process that delivers too has moved it: this one goes on from there.
    await cursors.move(key, from, reached, clock.now())
  }
}

interface Read {
  items: ExportItem[]
  /** Where the target is once it has them. */
  reached: ExportCursor
}

/** Delivers what is read until nothing is left, or it is enough for one delivery. Returns how far the target has come. */
async function deliver(
  dependencies: ExportDependencies,
  target: ExportTarget,
  first: Read,
  signal: AbortSignal,
): Promise<ExportCursor> {
  const begun = performance.now()
  const delivery = await target.open(signal)
  try {
    let { reached } = first
    let read: Read | undefined = first
    for (let rows = 0; read !== undefined; ) {
      await delivery.write(read.items)
      ;({ reached } = read)
      rows += read.items.length
      const isEnough: boolean = rows >= maxRows || performance.now() - begun > maxMs
      read = isEnough ? undefined : await readItems(dependencies, reached)
    }
    await delivery.finish()
    return reached
  } catch (error) {
    delivery.abort()
    throw error
  }
}

/** Returns the next rows and checkpoints after `after`; undefined without any. */
async function readItems(
  { audit, checkpoints }: Pick<ExportDependencies, 'audit' | 'checkpoints'>,
  after: ExportCursor,
): Promise<Read | undefined> {
  const records = await audit.listAfter(after.sequence, rowsAtOnce)
  const sequence = records.at(-1)?.sequence ?? after.sequence
  const signed = await checkpoints.listBetween(after.checkpoint, sequence, rowsAtOnce)
  if (records.length + signed.length === 0) return undefined
  const entries = records.map((record) => ({ kind: 'entry' as const, entry: toEntryView(record) }))
  const reached = { sequence, checkpoint: signed.at(-1)?.sequence ?? after.checkpoint }
  return { items: merge(entries, signed), reached }
}

function merge(
  entries: readonly (ExportItem & { kind: 'entry' })[],
  signed: readonly Checkpoint[],
): ExportItem[] {
  const all: { at: number; item: ExportItem }[] = [
    ...entries.map((item) => ({ at: item.entry.sequence, item })),
    ...signed.map((checkpoint) => ({
      at: checkpoint.sequence + 0.5,
      item: { kind: 'checkpoint' as const, checkpoint },
    })),
  ]
  return all.sort((a, b) => a.at - b.at).map(({ item }) => item)
}

/**
 * Returns where a target without a cursor begins: behind the last row that it has, if the log has that row too. Whether
 * it has the checkpoint of that row as well is not known, so that comes again.
 */
async function begin(
  { audit, cursors, clock }: Pick<ExportDependencies, 'audit' | 'cursors' | 'clock'>,
  { key, target }: NamedTarget,
): Promise<ExportCursor> {
  const { sequence, hash } = (await target.readLast?.()) ?? { sequence: 0, hash: '' }
  const [row] = sequence === 0 ? [] : await audit.readAfter(sequence - 1, 1)
  const isOfLog = row?.sequence === sequence && row.hash === hash
  const cursor = isOfLog ? { sequence, checkpoint: sequence - 1 } : { sequence: 0, checkpoint: 0 }
  await cursors.insert(key, cursor, clock.now())
  return cursor
}
