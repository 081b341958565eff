import { recordAudit } from '../audit/record-audit.ts'
import { systemActor } from '../shapes/actor.ts'
import { recordChange } from './change-log.ts'
import type { Database, Queries, Tx } from './database.ts'
import { newId } from './id.ts'

/** Minimum number of certificate numbers to skip, since a lost epoch may have used them. */
const skippedNumbers = 1000
/** The time from which seconds are counted for certificate numbers after a restore of the store. */
const numbersSince = Date.UTC(2026, 0, 1)

/** Why an epoch of the store began. */
export type EpochCause = 'first-start' | 'restore' | 'went-back'

/** An epoch of the store: from the first start, or from a restore to an older state, until the next one. */
export interface StoreEpoch {
  id: string
  number: number
  /** Milliseconds since 1970. */
  beganAt: number
  cause: EpochCause
  noticedBy: string
}

/** Lists every known epoch of the store, the present one first. */
export async function listEpochs(queries: Queries): Promise<StoreEpoch[]> {
  const rows = await queries.selectFrom('store_epochs').selectAll().orderBy('number', 'desc').execute()
  return rows.map((row) => ({
    id: row.id,
    number: row.number,
    beganAt: row.began_at,
    cause: row.cause,
    noticedBy: row.noticed_by,
  }))
}

/** Returns the present epoch of the store; undefined before the first start. */
export async function findEpoch(queries: Queries): Promise<StoreEpoch | undefined> {
  const [present] = await listEpochs(queries)
  return present
}

/** Begins the first epoch of the store, if it has none. */
export async function ensureEpoch(database: Database, noticedBy: string, now: number): Promise<void> {
  await database.transaction(async (tx) => {
    if ((await findEpoch(tx)) === undefined)
      await insertEpoch(tx, { number: 1, cause: 'first-start', noticedBy }, now)
  })
}

/**
 * Begins a new epoch of the store and returns its id: every gateway then reads everything again, and reports
 * what it knows of the previous epoch. To be called in the transaction that ends a restore, before anything else is
 * written to the store.
 */
export const beginEpoch = (
  tx: Tx,
  { cause, noticedBy }: { cause: Exclude<EpochCause, 'first-start'>; noticedBy: string },
  now: number,
): Promise<string> => beginNext(tx, cause, noticedBy, now)

/**
 * Begins a new epoch after the caller has detected a restore. If the present epoch is not in `known`, another
 * process has begun it since, and its id is returned: of many processes that detect the restore concurrently,
 * one begins the epoch.
 */
export async function enterEpoch(
  database: Database,
  { known, noticedBy }: { known: readonly string[]; noticedBy: string },
  now: number,
): Promise<string> {
  return database.transaction(async (tx) => {
    const present = await findEpoch(tx)
    if (present !== undefined && !known.includes(present.id)) return present.id
    return beginNext(tx, 'went-back', noticedBy, now)
  })
}

async function beginNext(tx: Tx, cause: EpochCause, noticedBy: string, now: number): Promise<string> {
  const present = await findEpoch(tx)
  // No organization creates a certificate every second, so that the same copy can be restored more than once.
  const seconds = Math.floor((now - numbersSince) / 1000)
  await tx
    .updateTable('organizations')
    .set((e) => ({
      next_certificate_number: e
        .case()
        .when('next_certificate_number', '>=', seconds)
        .then(e('next_certificate_number', '+', skippedNumbers))
        .else(seconds)
        .end(),
    }))
    .execute()
  return insertEpoch(tx, { number: (present?.number ?? 0) + 1, cause, noticedBy }, now)
}

async function insertEpoch(
  tx: Tx,
  { number, cause, noticedBy }: { number: number; cause: EpochCause; noticedBy: string },
  now: number,
): Promise<string> {
  const id = newId('storeEpoch', now)
  await tx
    .insertInto('store_epochs')
    .values({ id, number, began_at: now, cause, noticed_by: noticedBy })
    .execute()
  await recordChange(tx, 'epoch', id, now)
  const subject = { organizationId: null, subjectKind: 'store', subjectId: id }
  const after = { number, cause, noticedBy }
  await recordAudit(tx, { actor: systemActor('store'), action: 'store.epoch_begun', ...subject, after }, now)
  return id
}
