import { recordAudit } from '../audit/record-audit.ts'
import type { Actor } from '../shapes/actor.ts'
import { maxClockLagMs } from '../shapes/moment.ts'
import { askOtherCasAgain } from '../storage/ask-other-cas-again.ts'
import { openDatabase, type StorageLocation, type Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { migrate } from '../storage/migrate.ts'
import { beginEpoch } from '../storage/store-epoch.ts'
import { findHold } from '../storage/store-hold.ts'
import type { KeyProof } from './check-copy-store.ts'
import { fillPostgres } from './fill-postgres-store.ts'
import type { BackupPoint } from './journal-files.ts'
import type { JournalEntry } from './journal-line.ts'
import { continueAbove, findLastNumber } from './journal-store.ts'
import { type Replayed, replayJournal } from './replay-journal-store.ts'
import { assertSqliteIntact, openSqliteSource } from './sqlite-source-store.ts'

const day = 86_400_000
/** So far CRL numbers go on where it is lost which ones were used: numbers count milliseconds. */
const lostNumbers = 30 * day

/** How a restore ends. */
export type Ending =
  /** What the journal has of the time since the backup comes back. `isWhole`: it has all of that time. */
  | { kind: 'journal'; entries: readonly JournalEntry[]; isWhole: boolean; last: number }
  /** An operator has decided to go on without the journal. */
  | { kind: 'without-journal'; entries: readonly JournalEntry[]; last: number }

/** Who restores which backup, and when. */
export interface RestoreDetails {
  takenAt: number
  /** SHA-256 of the file, hex. */
  sha256: string
  actor: Actor
  now: number
}

/**
 * Marks a filled SQLite store as the one of a restore that is not finished. Returns how far the backup has come in the
 * journal.
 */
export async function markLoaded(path: string, details: RestoreDetails): Promise<BackupPoint> {
  const database = await openDatabase({ engine: 'sqlite', path })
  try {
    await migrate(database)
    return await database.transaction(async (tx) => {
      const journalSequence = await findLastNumber(tx)
      const newest = await tx
        .selectFrom('journal')
        .select('at')
        .where('sequence', '=', journalSequence)
        .executeTakeFirst()
      const reachedAt = Math.max(details.takenAt, newest?.at ?? 0)
      await tx.deleteFrom('restores').where('state', '<>', 'released').execute()
      await tx
        .insertInto('restores')
        .values({
          id: newId('restore', details.now),
          state: 'loaded',
          taken_at: details.takenAt,
          began_at: details.now,
          released_at: null,
          journal_sequence: journalSequence,
          outcome: JSON.stringify({ sha256: details.sha256, reachedAt }),
        })
        .execute()
      return { from: journalSequence, reachedAt }
    })
  } finally {
    await database.close()
  }
}

/** Moves a store from a SQLite file into an empty PostgreSQL database, all of it or nothing. Throws `conflict`. */
export async function moveToPostgres(path: string, url: string): Promise<{ rows: number }> {
  const source = openSqliteSource(path)
  try {
    return { rows: await fillPostgres(url, source) }
  } finally {
    source.close()
  }
}

/** Records that a store was moved, in the new one. */
export async function recordMove(
  location: StorageLocation,
  { rows, actor, now }: { rows: number; actor: Actor; now: number },
): Promise<void> {
  const database = await openDatabase(location)
  try {
    const subject = { organizationId: null, subjectKind: 'store', subjectId: 'store' }
    await database.transaction((tx) =>
      recordAudit(tx, { actor, action: 'store.moved', ...subject, after: { rows } }, now),
    )
  } finally {
    await database.close()
  }
}

/** A restore that was cut off, or that waits for a decision. */
export interface UnfinishedRestore {
  state: 'loaded' | 'held'
  /** SHA-256 of the backup, hex. */
  sha256: string
  point: BackupPoint
}

/** Returns the restore of a store that is not finished; undefined if there is none. */
export async function findUnfinished(location: StorageLocation): Promise<UnfinishedRestore | undefined> {
  const database = await openDatabase(location)
  try {
    const tables = await database.queries.introspection.getTables()
    if (!tables.some(({ name }) => name === 'restores')) return undefined
    const hold = await findHold(database.queries)
    if (hold === undefined) return undefined
    const { outcome, journal_sequence: journalSequence } = await database.queries
      .selectFrom('restores')
      .select(['outcome', 'journal_sequence'])
      .where('id', '=', hold.id)
      .executeTakeFirstOrThrow()
    const { sha256, reachedAt } = JSON.parse(outcome)
    return { state: hold.state, sha256, point: { from: journalSequence, reachedAt } }
  } finally {
    await database.close()
  }
}

/** The end of a restore. */
export interface FinishedRestore extends Replayed {
  isHeld: boolean
  /** How many planned retirements of certificates were taken back. */
  retirements: number
}

/**
 * Ends a restore in one transaction: sign-ins, links, invitations and planned retirements end, and without a journal
 * the keys that sign tokens; a new epoch of the store begins, and the store is released, or held where it is not known
 * what was ended since the backup. What the journal has comes back.
 */
export async function finishRestore(
  location: StorageLocation,
  details: Pick<RestoreDetails, 'actor' | 'now'>,
  ending: Ending,
): Promise<FinishedRestore> {
  const database = await openDatabase(location)
  try {
    await migrate(database)
    return await database.transaction((tx) => finish(tx, details, ending), { once: true })
  } finally {
    await database.close()
  }
}

async function finish(
  tx: Tx,
  { actor, now }: Pick<RestoreDetails, 'actor' | 'now'>,
  ending: Ending,
): Promise<FinishedRestore> {
  const hold = await findHold(tx)
  if (hold === undefined) throw new Error('no restore is under way')
  await endAccess(tx, now)
  // One that was taken back since the backup must not revoke a certificate.
  const { numDeletedRows } = await tx.deleteFrom('retirement_plans').executeTakeFirstOrThrow()
  const retirements = Number(numDeletedRows)
  // First, since what comes back gets numbers of the journal again.
  await continueAbove(tx, ending.last, now)
  const replayed = await replayJournal(tx, ending.entries)
  if (ending.kind === 'without-journal') {
    await skipNumbers(tx, now)
    await endSigningKeys(tx, now - maxClockLagMs)
  }
  await tx.updateTable('revocation_lists').set({ due_at: 0 }).execute()
  await askOtherCasAgain(tx, now)
  await beginEpoch(tx, { cause: 'restore', noticedBy: `${actor.id} on ${actor.origin}` }, now)
  const isHeld = ending.kind === 'journal' && !ending.isWhole
  await tx
    .updateTable('restores')
    .set({ state: isHeld ? 'held' : 'released', released_at: isHeld ? null : now })
    .where('id', '=', hold.id)
    .execute()
  const { taken_at: takenAt } = await tx
    .selectFrom('restores')
    .select('taken_at')
    .where('id', '=', hold.id)
    .executeTakeFirstOrThrow()
  const total = Object.values(replayed.rows).reduce((sum, count) => sum + count, 0)
  await recordAudit(
    tx,
    {
      ...{ actor, action: 'store.restored', organizationId: null, subjectKind: 'store', subjectId: hold.id },
      after: {
        takenAt: new Date(takenAt).toISOString(),
        ending: isHeld ? 'held' : ending.kind,
        rows: total,
        retirements,
      },
    },
    now,
  )
  return { ...replayed, isHeld, retirements }
}

/** What was signed out, used up or cancelled since the backup must not work again: all of it ends. */
async function endAccess(tx: Tx, now: number): Promise<void> {
  for (const table of ['sessions', 'step_up_proofs', 'one_time_links', 'idempotency_keys'] as const)
    await tx.deleteFrom(table).execute()
  await tx
    .updateTable('invitations')
    .set({ ended_at: now, ended_as: 'cancelled' })
    .where('ended_at', 'is', null)
    .execute()
  await tx.updateTable('confirmations').set({ expires_at: now }).where('expires_at', '>', now).execute()
}

/** No CRL has a number that one of the lost time may have. */
async function skipNumbers(tx: Tx, now: number): Promise<void> {
  await tx
    .updateTable('issuers')
    .set((e) => ({
      crl_number: e
        .case()
        .when('crl_number', '>=', now)
        .then(e('crl_number', '+', lostNumbers))
        .else(now + lostNumbers)
        .end(),
    }))
    .where('kind', '<>', 'foreign')
    .execute()
}

/**
 * Checks a restored SQLite store: pages, indexes and references, and the keys of the CAs. Throws `storage_unavailable`,
 * `master_key_wrong` or `record_not_authentic`.
 */
export async function checkRestored(
  location: StorageLocation & { engine: 'sqlite' },
  keys: Pick<KeyProof, 'proveIssuerKeys'>,
): Promise<void> {
  assertSqliteIntact(location.path)
  const database = await openDatabase(location)
  try {
    await keys.proveIssuerKeys(database.queries)
  } finally {
    await database.close()
  }
}

/** Ends the keys that sign tokens: one that somebody else has may have been ended since the backup. The next start makes others. */
async function endSigningKeys(tx: Tx, end: number): Promise<void> {
  await tx
    .updateTable('signing_keys')
    .set({ accepted_until: end })
    .where((e) => e.or([e('accepted_until', 'is', null), e('accepted_until', '>', end)]))
    .execute()
}
