import { setTimeout as wait } from 'node:timers/promises'
import { recordChange } from '../src/storage/change-log.ts'
import type { Database, Tx } from '../src/storage/database.ts'
import type { Followers, SeenChanges } from './scale-followers.ts'
import { at } from './server-time.ts'

/** Milliseconds from before the transaction of a change. */
export interface Lags {
  /** Of each change at each follower. */
  each: number[]
  /** Of each change at the last follower. */
  last: number[]
  /** How long the transactions themselves took. */
  own: number[]
  /** The most of the first changes, which the others do not include. */
  first: number
}

interface Certificate {
  id: string
  fingerprint: string
}

/** In the first changes each process compiles its code, and each session its plans. */
const firstChanges = 15
/** Changes wait for so long after the one before them, so that each is measured alone. */
const pauseMs = 250
/** After this time a follower has missed a change. */
const maxWaitMs = 60_000
const now = () => performance.timeOrigin + performance.now()

/** Changes a certificate again and again, and returns when each version was in force. */
export async function measureChanges(
  database: Database,
  followers: Followers,
  { count, changes }: { count: number; changes: number },
): Promise<Lags> {
  const certificates = await listValid(database, firstChanges + changes)
  const description = `at ${Date.now()}`
  return measure(database, followers, count, certificates, {
    change: (tx, { id }) =>
      tx.updateTable('certificates').set({ description }).where('id', '=', id).execute(),
    list: ({ confirmed }) => confirmed.map(([version, time]) => [String(version), time]),
    keyOf: (_, version) => String(version),
  })
}

/** Revokes one certificate after another, and returns when each was denied. */
export async function measureRevocations(
  database: Database,
  followers: Followers,
  { count, changes }: { count: number; changes: number },
): Promise<Lags> {
  const certificates = await listValid(database, firstChanges + changes)
  return measure(database, followers, count, certificates, {
    change: (tx, { id }) =>
      tx
        .updateTable('certificates')
        .set({ status: 'revoked', revoked_at: Date.now(), revocation_reason: 'superseded' })
        .where('id', '=', id)
        .execute(),
    list: ({ refused }) => refused,
    keyOf: ({ fingerprint }) => fingerprint,
  })
}

async function measure(
  database: Database,
  followers: Followers,
  count: number,
  certificates: readonly Certificate[],
  parts: {
    change(tx: Tx, certificate: Certificate): Promise<unknown>
    list(seen: SeenChanges): [string, number][]
    keyOf(certificate: Certificate, version: number): string
  },
): Promise<Lags> {
  await followers.collect()
  const starts = new Map<string, number>()
  const own: number[] = []
  for (const certificate of certificates) {
    const start = now()
    const version = await database.transaction(async (tx) => {
      await parts.change(tx, certificate)
      return recordChange(tx, 'certificate', certificate.id, Date.now())
    })
    own.push(now() - start)
    starts.set(parts.keyOf(certificate, version), start)
    await wait(pauseMs)
  }
  const times = new Map([...starts.keys()].map((key): [string, number[]] => [key, []]))
  const deadline = performance.now() + maxWaitMs
  for (let missing = count * starts.size; missing > 0; ) {
    for (const [key, time] of parts.list(await followers.collect())) {
      times.get(key)?.push(time - (starts.get(key) ?? Number.NaN))
    }
    missing = [...times.values()].reduce((sum, all) => sum + Math.max(0, count - all.length), 0)
    if (missing > 0 && performance.now() > deadline)
      throw new Error(`${missing} changes were not put in force`)
    if (missing > 0) await wait(200)
  }
  const last = [...times.values()].map((all) => Math.max(...all))
  return {
    own: own.slice(firstChanges),
    each: [...times.values()].slice(firstChanges).flat(),
    last: last.slice(firstChanges),
    first: Math.max(...last.slice(0, firstChanges)),
  }
}

async function listValid(database: Database, limit: number): Promise<Certificate[]> {
  const rows = await database.queries
    .selectFrom('certificates')
    .select(['id', 'fingerprint_sha256'])
    .where('status', '=', 'issued')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ id: row.id, fingerprint: row.fingerprint_sha256 ?? '' }))
}

/** Writes median, 99th percentile and the most of `milliseconds`. */
export const describe = (milliseconds: readonly number[]): string =>
  [0.5, 0.99, 1].map((share) => at(milliseconds, share).toFixed(1).padStart(8)).join('')
