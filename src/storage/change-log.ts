import { sql } from 'kysely'
import type { Queries, Tx } from './database.ts'
import { isPostgres } from './engine.ts'
import { locks, takeLock } from './lock-order.ts'
import { prepareQuery } from './prepare-query.ts'
import { wakeUpChannel } from './wake-up.ts'

/** What a gateway has to read again. */
export const changeKinds = [
  'certificate',
  'credential',
  'token',
  'issuer',
  'signing-key',
  'enforcement-plan',
  'registration',
] as const
export type ChangeKind = (typeof changeKinds)[number]

/** One row of the change log. */
export interface Change {
  version: number
  kind: ChangeKind
  subjectId: string
}

/**
 * Writes that `subjectId` has changed, in the transaction that changes it; gives the version.
 * PostgreSQL hands out numbers before commit: the lock, held until commit, keeps a reader from
 * passing over a lower number that is not visible yet.
 */
export async function recordChange(tx: Tx, kind: ChangeKind, subjectId: string, at: number): Promise<number> {
  await takeLock(tx, locks.record)
  if (isPostgres(tx)) await sql`select pg_notify(${wakeUpChannel}, '')`.execute(tx)
  const [row] = await insertChange(tx, { kind, subjectId, at })
  return row?.version ?? 0
}

const insertChange = prepareQuery((queries, values: { kind: string; subjectId: string; at: number }) =>
  queries
    .insertInto('changes')
    .values({ kind: values.kind, subject_id: values.subjectId, at: values.at })
    .returning('version'),
)

/**
 * The changes after `version`, oldest first, at most `limit`; nothing where some of them may have been forgotten, so
 * that everything has to be read again.
 */
export async function findChanges(
  queries: Queries,
  version: number,
  limit = 1000,
): Promise<Change[] | undefined> {
  const changes = await readChanges(queries, version, limit)
  const [first] = changes
  // The newest change is always kept: who knows that one, or finds the next number, has missed nothing.
  if (first === undefined || first.version === version + 1) return changes
  // Numbers have gaps where a transaction was undone. What is forgotten is forgotten from the oldest on.
  const known = await queries
    .selectFrom('changes')
    .select('version')
    .where('version', '<=', version)
    .limit(1)
    .executeTakeFirst()
  return known === undefined ? undefined : changes
}

/** The changes after `version` that are kept, oldest first, at most `limit`. */
export async function readChanges(queries: Queries, version: number, limit = 1000): Promise<Change[]> {
  const rows = await queries
    .selectFrom('changes')
    .select(['version', 'kind', 'subject_id'])
    .where('version', '>', version)
    .orderBy('version')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    version: row.version,
    kind: row.kind as ChangeKind,
    subjectId: row.subject_id,
  }))
}

/** The newest version, 0 before the first change. */
export async function latestVersion(queries: Queries): Promise<number> {
  const row = await queries
    .selectFrom('changes')
    .select((e) => e.fn.max('version').as('version'))
    .executeTakeFirst()
  return Number(row?.version ?? 0)
}
