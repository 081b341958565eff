import type { Database, Queries, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { quiet } from '../storage/transact.ts'
import type { FoundSignal } from './signal.ts'
import type { Position } from './subject-store.ts'

const day = 86_400_000
/** What has ended and comes back within this time is not told of again. */
const sameMs = 30 * day
const rowsAtOnce = 100

/** A signal that holds, as it is judged again. */
export interface OpenSignal {
  id: string
  kind: FoundSignal['kind']
  subject: string
  certificateId: string | null
  firstSeenAt: number
  lastSeenAt: number
}

/** Creates the store of what scheduled tasks find, and how far they have come. */
export function createFindSignalsStore(database: Database) {
  const { aside, queries } = database

  return {
    aside,

    /**
     * Returns where a pass over a list goes on; undefined if it has ended less than `everyMs` ago. One that a clock ahead
     * began is begun again.
     */
    async findPosition(
      name: string,
      start: Position,
      { now, everyMs }: { now: number; everyMs: number },
    ): Promise<Position | undefined> {
      const row = await queries
        .selectFrom('signal_cursors')
        .select(['position', 'began_at'])
        .where('name', '=', name)
        .executeTakeFirst()
      const isDue = row === undefined || now - row.began_at >= everyMs || row.began_at > now
      if (row !== undefined && row.position !== null && row.began_at <= now)
        return JSON.parse(row.position) as Position
      if (!isDue) return undefined
      await savePosition(queries, name, { position: JSON.stringify(start), began_at: now })
      return start
    },

    /** Notes how far a pass has come; null at its end. */
    async keepPosition(name: string, position: Position | null): Promise<void> {
      await queries
        .updateTable('signal_cursors')
        .set({ position: position && JSON.stringify(position) })
        .where('name', '=', name)
        .execute()
    },

    /** Stores signals that hold at `now`, each once. */
    async keep(found: readonly FoundSignal[], now: number): Promise<void> {
      const open = await listCurrent(aside, found, now)
      const missing = found.filter((signal) => !open.has(keyOf(signal)))
      if (missing.length > 0) await database.transaction((tx) => keepMissing(tx, missing, now), quiet)
    },

    /** Lists signals that hold, in the order of their IDs. */
    async listOpen(after: string, limit: number): Promise<OpenSignal[]> {
      const rows = await aside
        .selectFrom('signals')
        .select(['id', 'kind', 'subject', 'certificate_id', 'first_seen_at', 'last_seen_at'])
        .where('resolved_at', 'is', null)
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        ...{ id: row.id, kind: row.kind, subject: row.subject, certificateId: row.certificate_id },
        ...{ firstSeenAt: row.first_seen_at, lastSeenAt: row.last_seen_at },
      }))
    },

    /** Ends signals that do not hold any more. */
    resolve: (ids: readonly string[], now: number) => setInParts(queries, ids, { resolved_at: now }),

    /** Notes that signals hold still. */
    see: (ids: readonly string[], now: number) => setInParts(queries, ids, { last_seen_at: now }),
  }
}

export type FindSignalsStore = ReturnType<typeof createFindSignalsStore>

/** Names a signal: there is one row for each. */
export const keyOf = ({ kind, subject }: Pick<FoundSignal, 'kind' | 'subject'>): string =>
  `${kind} ${subject}`

/** Returns those of the signals that are stored as holding. */
async function listCurrent(
  queries: Queries,
  found: readonly FoundSignal[],
  now: number,
): Promise<ReadonlySet<string>> {
  const rows = await selectRows(queries, found)
  return new Set(
    rows.filter((row) => row.resolved_at === null && row.first_seen_at <= now).map((row) => keyOf(row)),
  )
}

async function selectRows(queries: Queries, found: readonly FoundSignal[]) {
  const rows = []
  for (const [kind, signals] of Map.groupBy(found, (signal) => signal.kind))
    for (let start = 0; start < signals.length; start += rowsAtOnce)
      rows.push(
        ...(await queries
          .selectFrom('signals')
          .select(['id', 'kind', 'subject', 'first_seen_at', 'resolved_at'])
          .where('kind', '=', kind)
          .where(
            'subject',
            'in',
            signals.slice(start, start + rowsAtOnce).map(({ subject }) => subject),
          )
          .execute()),
      )
  return rows
}

/** Inserts those that are new, and begins those again that had ended. One that a clock ahead has found is begun again too. */
async function keepMissing(tx: Tx, missing: readonly FoundSignal[], now: number): Promise<void> {
  for (let start = 0; start < missing.length; start += rowsAtOnce)
    await tx
      .insertInto('signals')
      .values(missing.slice(start, start + rowsAtOnce).map((signal) => toRow(signal, now)))
      .onConflict((conflict) => conflict.columns(['kind', 'subject']).doNothing())
      .execute()
  const known = await selectRows(tx, missing)
  const ended = known.filter((row) => row.resolved_at !== null || row.first_seen_at > now)
  for (const { id, resolved_at: resolvedAt } of ended)
    await tx
      .updateTable('signals')
      .set({ resolved_at: null, first_seen_at: now, last_seen_at: now })
      .$if(resolvedAt !== null && resolvedAt < now - sameMs, (update) =>
        update.set({ told_at: null, announced_at: null }),
      )
      .where('id', '=', id)
      .execute()
}

const toRow = (
  { kind, subject, organizationId, environment, certificateId, credentialId, detail }: FoundSignal,
  now: number,
) => ({
  ...{ id: newId('signal', now), kind, subject, detail, environment },
  ...{ organization_id: organizationId, certificate_id: certificateId, credential_id: credentialId },
  ...{ first_seen_at: now, last_seen_at: now, resolved_at: null },
  ...{ dismissed_at: null, dismissed_by: null, dismissed_by_ref: null, told_at: null, announced_at: null },
})

async function savePosition(
  queries: Queries,
  name: string,
  row: { position: string; began_at: number },
): Promise<void> {
  await queries
    .insertInto('signal_cursors')
    .values({ name, ...row })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute()
}

async function setInParts(
  queries: Queries,
  ids: readonly string[],
  change: { resolved_at: number } | { last_seen_at: number },
): Promise<void> {
  for (let start = 0; start < ids.length; start += rowsAtOnce)
    await queries
      .updateTable('signals')
      .set(change)
      .where('id', 'in', ids.slice(start, start + rowsAtOnce))
      .where('resolved_at', 'is', null)
      .execute()
}
