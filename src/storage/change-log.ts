import { sql } from 'kysely'
import { randomOctets } from '../random-octets.ts'
import type { Queries, Tx } from './database.ts'
import { isPostgres } from './engine.ts'
import { locks, takeLock } from './lock-order.ts'
import { prepareQuery } from './prepare-query.ts'
import { wakeUpChannel } from './wake-up.ts'

/** The kinds of objects that a gateway has to read again. */
export const changeKinds = [
  'certificate',
  'credential',
  'token',
  'issuer',
  'signing-key',
  'enforcement-plan',
  'migration-plan',
  'external-status',
  'external-check',
  'registration',
  'epoch',
  'organization',
] as const
export type ChangeKind = (typeof changeKinds)[number]

/**
 * The position of a reader of the change log. The mark is that of the row itself: a restored store may assign
 * the version to another change. Version 0 is the position before the first change.
 */
export interface LogPosition {
  version: number
  mark: string
}

/** One row of the change log. */
export interface Change extends LogPosition {
  kind: ChangeKind
  subjectId: string
}

/** Why changes cannot be listed: some were deleted, or the log is not the one that was read before. */
export type LostPlace = 'forgotten' | 'other-log'

const markOctets = 9
/** How many changes are read at once where no other limit is given. */
export const changesPerRead = 1000

/**
 * Records in the same transaction that `subjectId` has changed; returns the version. PostgreSQL assigns
 * numbers before commit: the lock, held until commit, keeps a reader from skipping a lower number that is not
 * visible yet. However many changes a transaction records, it sends one notification, after its commit:
 * PostgreSQL drops those that repeat its channel and payload.
 */
export async function recordChange(tx: Tx, kind: ChangeKind, subjectId: string, at: number): Promise<number> {
  await takeLock(tx, locks.record)
  const mark = Buffer.from(randomOctets(markOctets)).toString('base64url')
  const [row] = await insertChange(tx, { kind, subjectId, at, mark })
  return row?.version ?? 0
}

interface ChangeValues {
  kind: string
  subjectId: string
  at: number
  mark: string
}

/** On PostgreSQL the same statement announces the change. */
const insertChange = prepareQuery((queries, { kind, subjectId, at, mark }: ChangeValues) => {
  const insert = queries.insertInto('changes')
  if (!isPostgres(queries))
    return insert.values({ kind, subject_id: subjectId, at, mark }).returning('version')
  return insert
    .columns(['kind', 'subject_id', 'at', 'mark'])
    .expression(
      sql`select ${kind}, ${subjectId}, cast(${at} as bigint), ${mark} from pg_notify(${wakeUpChannel}, '')`,
    )
    .returning('version')
})

/**
 * Returns the changes after `position`, oldest first, at most `limit`. `forgotten` if some of them may be
 * deleted, so that everything has to be read again. `other-log` if the row at the position differs from the
 * one read before: the store was restored to an older state, however far it has grown since.
 */
export async function findChanges(
  queries: Queries,
  position: LogPosition,
  limit = changesPerRead,
): Promise<Change[] | LostPlace> {
  // The row at the position is read with those after it, so the check needs no query of its own.
  const rows = await readChanges(queries, position.version - 1, limit + 1)
  const [first] = rows
  if (position.version === 0)
    return first === undefined || first.version === 1 || !(await isForgotten(queries, position))
      ? rows.slice(0, limit)
      : 'forgotten'
  if (first?.version === position.version) return first.mark === position.mark ? rows.slice(1) : 'other-log'
  // Changes are deleted from the oldest on, and the latest change is always kept.
  return first !== undefined && (await isForgotten(queries, position)) ? 'forgotten' : 'other-log'
}

/** Returns whether every change up to the position is deleted. */
async function isForgotten(queries: Queries, { version }: LogPosition): Promise<boolean> {
  const known = await queries
    .selectFrom('changes')
    .select('version')
    .where('version', '<=', version)
    .limit(1)
    .executeTakeFirst()
  return known === undefined
}

/** Returns the kept changes after `version`, oldest first, at most `limit`. */
export async function readChanges(
  queries: Queries,
  version: number,
  limit = changesPerRead,
): Promise<Change[]> {
  const rows = await selectChanges(queries, { version, limit })
  return rows.map((row) => ({
    version: row.version,
    mark: row.mark,
    kind: row.kind as ChangeKind,
    subjectId: row.subject_id,
  }))
}

const selectChanges = prepareQuery(
  (queries, { version, limit }: { version: number; limit: number }) =>
    queries
      .selectFrom('changes')
      .select(['version', 'kind', 'subject_id', 'mark'])
      .where('version', '>', version)
      .orderBy('version')
      .limit(sql<number>`${limit}`),
  { keepsPlan: true },
)

/** Returns the latest version, 0 before the first change. */
export async function latestVersion(queries: Queries): Promise<number> {
  return (await latestPosition(queries)).version
}

/** Returns the position of the latest change. */
export async function latestPosition(queries: Queries): Promise<LogPosition> {
  const row = await queries
    .selectFrom('changes')
    .select(['version', 'mark'])
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ?? { version: 0, mark: '' }
}
