import { recordAudit } from '../audit/record-audit.ts'
import { systemActor } from '../shapes/actor.ts'
import { recordChange } from './change-log.ts'
import type { Database, Queries, Tx } from './database.ts'
import { newId } from './id.ts'

/** How many numbers of certificates are left out at least, since a life of the store that is lost may have used them. */
const skippedNumbers = 1000
/** From when on seconds are counted for the numbers of certificates after a return of the store. */
const numbersSince = Date.UTC(2026, 0, 1)

/** Why a life of the store began. */
export type EpochCause = 'first-start' | 'restore' | 'went-back'

/** A life of the store: from the first start, or from when it was put back to an older state, to the next time. */
export interface StoreEpoch {
  id: string
  number: number
  /** Milliseconds since 1970. */
  beganAt: number
  cause: EpochCause
  noticedBy: string
}

/** Every life that the store knows of, the present one first. */
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

/** The present life of the store; undefined before the first start. */
export async function findEpoch(queries: Queries): Promise<StoreEpoch | undefined> {
  const [present] = await listEpochs(queries)
  return present
}

/** Begins the first life of the store, where it has none. */
export async function ensureEpoch(database: Database, noticedBy: string, now: number): Promise<void> {
  await database.transaction(async (tx) => {
    if ((await findEpoch(tx)) === undefined)
      await insertEpoch(tx, { number: 1, cause: 'first-start', noticedBy }, now)
  })
}

/**
 * Begins a new life of the store, and gives its id: every gateway then reads everything again, and tells what it knows
 * of the life before. To be called once a store has been restored, before anything else is written to it.
 */
export async function beginEpoch(
  database: Database,
  { cause, noticedBy }: { cause: Exclude<EpochCause, 'first-start'>; noticedBy: string },
  now: number,
): Promise<string> {
  return database.transaction((tx) => beginNext(tx, cause, noticedBy, now))
}

/**
 * The same for who has found that the store went back. Where the present life is none of those in `known`, somebody
 * else has begun it since, and it is the one that is given: so of many that notice at once, one begins it.
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
  // No organization begins a certificate every second, so that the same copy may be put back more than once.
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
  const id = newId('ep', now)
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
